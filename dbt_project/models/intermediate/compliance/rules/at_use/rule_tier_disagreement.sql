-- A span names another tier than the one its tenant had then by history. History counts; the span is wrong or late.
with

calls as (

    select * from {{ ref('int_governed_calls') }}
    where tier_by_history != 'unknown' and span_entitlement_tier is not null

),

runbooks as (

    select * from {{ ref('runbooks') }}
    where rule_id = 'tier_disagreement'

),

judged as (

    select
        calls.*,
        '1' as policy_version,
        case when calls.tier_by_history = calls.span_entitlement_tier then 'compliant' else 'violation' end as verdict,
        'low' as severity,
        'Let the service read the tier that billing holds, or correct the subscription.' as remediation,
        runbooks.url as runbook_url,
        {{ json_object({
            'tier_by_history': 'calls.tier_by_history',
            'tier_by_span': 'calls.span_entitlement_tier',
        }) }} as evidence

    from calls
    left join runbooks
        on calls.started_at >= runbooks.valid_from
        and (runbooks.valid_to is null or calls.started_at < runbooks.valid_to)

)

select {{ judgement(without=['vault_path']) }}
from judged
