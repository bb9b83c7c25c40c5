-- A span named a tier that the tiers seed did not list then. It counts as 'unknown' until somebody lists it.
with

calls as (

    select * from {{ ref('int_governed_calls') }}
    where span_entitlement_tier is not null

),

tiers as (

    select * from {{ ref('tiers') }}

),

runbooks as (

    select * from {{ ref('runbooks') }}
    where rule_id = 'unlisted_tier'

),

judged as (

    select
        calls.*,
        '1' as policy_version,
        case when tiers.entitlement_tier is null then 'violation' else 'compliant' end as verdict,
        'low' as severity,
        'Add the tier to the tiers seed, or correct the name that the sender uses.' as remediation,
        runbooks.url as runbook_url,
        {{ json_object({
            'named_tier': 'calls.span_entitlement_tier',
        }) }} as evidence

    from calls
    left join tiers
        on calls.span_entitlement_tier = tiers.entitlement_tier
        and {{ in_force('tiers', 'calls.started_at') }}
    left join runbooks
        on {{ in_force('runbooks', 'calls.started_at') }}

)

select {{ judgement(without=['vault_path']) }}
from judged
