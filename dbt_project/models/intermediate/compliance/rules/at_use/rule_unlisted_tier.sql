-- A tier was named that the tiers seed did not list then: by a span, a snapshot or a subscription. It counts as
-- 'unknown' until somebody lists it.
with

calls as (

    select * from {{ ref('int_governed_calls') }}
    where span_entitlement_tier is not null

),

states as (

    select * from {{ ref('int_tenant_states') }}
    where recorded_tier is not null

),

tiers as (

    select * from {{ ref('tiers') }}

),

runbooks as (

    select * from {{ ref('runbooks') }}
    where rule_id = 'unlisted_tier'

),

named as (

    select
        record_kind,
        record_id,
        usage_date,
        started_at,
        tenant_id,
        agent_name,
        workflow_id,
        trace_id,
        span_id,
        jurisdiction,
        span_entitlement_tier as named_tier,
        load_id

    from calls
    union all
    select
        'tenant_state' as record_kind,
        tenant_id || ' ' || cast(valid_from as varchar) as record_id,
        cast(valid_from as date) as usage_date,
        valid_from as started_at,
        tenant_id,
        null as agent_name,
        null as workflow_id,
        null as trace_id,
        null as span_id,
        jurisdiction,
        recorded_tier as named_tier,
        load_id

    from states

),

judged as (

    select
        named.*,
        '1' as policy_version,
        case when tiers.entitlement_tier is null then 'violation' else 'compliant' end as verdict,
        'low' as severity,
        'Add the tier to the tiers seed, or correct the name that the sender uses.' as remediation,
        runbooks.url as runbook_url,
        {{ json_object({
            'named_tier': 'named.named_tier',
        }) }} as evidence

    from named
    left join tiers
        on named.named_tier = tiers.entitlement_tier
        and named.started_at >= tiers.valid_from
        and (tiers.valid_to is null or named.started_at < tiers.valid_to)
    left join runbooks
        on named.started_at >= runbooks.valid_from
        and (runbooks.valid_to is null or named.started_at < runbooks.valid_to)

)

select {{ judgement(without=['vault_path']) }}
from judged
