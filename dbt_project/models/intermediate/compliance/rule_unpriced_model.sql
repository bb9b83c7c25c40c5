-- A model was used that no price is known for, so its cost is unknown.
with

calls as (

    select * from {{ ref('int_governed_calls') }}
    where record_kind = 'llm_call' and is_usage_known

),

runbooks as (

    select * from {{ ref('runbooks') }}
    where rule_id = 'unpriced_model'

),

judged as (

    select
        calls.*,
        'unpriced_model' as rule_id,
        '1' as rule_version,
        case when calls.is_priced then 'compliant' else 'violation' end as verdict,
        'medium' as severity,
        'Add the model to contract_prices, or correct the name that the service reports.' as remediation,
        runbooks.url as runbook_url,
        {{ json_object({
            'provider_name': 'calls.provider_name',
            'model': 'calls.model',
        }) }} as evidence

    from calls
    left join runbooks
        on calls.started_at >= runbooks.valid_from
        and (runbooks.valid_to is null or calls.started_at < runbooks.valid_to)

)

select
    rule_id,
    rule_version,
    verdict,
    severity,
    record_kind,
    record_id,
    usage_date,
    started_at as occurred_at,
    tenant_id,
    agent_name,
    workflow_id,
    trace_id,
    span_id,
    jurisdiction,
    evidence,
    remediation,
    runbook_url,
    load_id

from judged
