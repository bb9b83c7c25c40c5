-- A snapshot or subscription named a tier that the tiers seed did not list then. Later ones may move where a state
-- begins, so states are judged as they stand. One that is to come, such as the end of what a snapshot tells, is not.
with

states as (

    select * from {{ ref('int_tenant_states') }}
    where recorded_tier is not null and valid_from <= {{ as_of() }}

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
        states.tenant_id,
        states.jurisdiction,
        states.load_id,
        'tenant_state' as record_kind,
        {{ key_of(['states.tenant_id', 'states.valid_from']) }} as record_id,
        cast(states.valid_from as date) as usage_date,
        states.valid_from as started_at,
        '1' as policy_version,
        case when tiers.entitlement_tier is null then 'violation' else 'compliant' end as verdict,
        'low' as severity,
        'Add the tier to the tiers seed, or correct the name that the sender uses.' as remediation,
        runbooks.url as runbook_url,
        {{ json_object({
            'named_tier': 'states.recorded_tier',
        }) }} as evidence

    from states
    left join tiers
        on states.recorded_tier = tiers.entitlement_tier
        and {{ in_force('tiers', 'states.valid_from') }}
    left join runbooks
        on {{ in_force('runbooks', 'states.valid_from') }}

)

select {{ judgement(without=['agent_name', 'workflow_id', 'trace_id', 'span_id', 'vault_path']) }}
from judged
