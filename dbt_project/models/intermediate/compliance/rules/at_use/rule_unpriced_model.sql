-- A model was used that no price is known for, so its cost is unknown. What only metrics tell is a day's usage.
with

calls as (

    select
        record_kind,
        record_id,
        usage_date,
        started_at,
        trace_id,
        span_id,
        tenant_id,
        agent_name,
        workflow_id,
        jurisdiction,
        provider_name,
        model,
        service_tier,
        is_priced,
        load_id

    from {{ ref('int_governed_calls') }}
    where record_kind = 'llm_call' and is_usage_known

    union all

    select
        'metric_usage' as record_kind,
        metric_usage_id as record_id,
        usage_date,
        started_at,
        cast(null as varchar) as trace_id,
        cast(null as varchar) as span_id,
        tenant_id,
        agent_name,
        cast(null as varchar) as workflow_id,
        cast(null as varchar) as jurisdiction,
        provider_name,
        model,
        service_tier,
        cost_usd is not null as is_priced,
        load_id

    from {{ ref('int_priced_metric_usage') }}
    where is_usage_known

),

runbooks as (

    select * from {{ ref('runbooks') }}
    where rule_id = 'unpriced_model'

),

judged as (

    select
        calls.*,
        '1' as policy_version,
        case when calls.is_priced then 'compliant' else 'violation' end as verdict,
        'medium' as severity,
        'Add the model to contract_prices, or correct the name that the service reports.' as remediation,
        runbooks.url as runbook_url,
        {{ json_object({
            'provider_name': 'calls.provider_name',
            'model': 'calls.model',
            'service_tier': 'calls.service_tier',
        }) }} as evidence

    from calls
    left join runbooks
        on calls.started_at >= runbooks.valid_from
        and (runbooks.valid_to is null or calls.started_at < runbooks.valid_to)

)

select {{ judgement(without=['vault_path']) }}
from judged
