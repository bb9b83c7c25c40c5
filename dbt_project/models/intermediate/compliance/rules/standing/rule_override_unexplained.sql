-- A decision was overridden and nobody said who did it, or why, within the time that the policy gives. Until then it is
-- unknown.
with

overrides as (

    select * from {{ ref('int_decision_overrides') }}

),

policies as (

    select * from {{ ref('policy_overrides') }}

),

governed as (

    select
        overrides.*,
        policies.grace_minutes,
        policies.policy_version as version_in_force,
        policies.severity,
        policies.remediation,
        policies.runbook_url,
        {{ dbt.dateadd('minute', 'policies.grace_minutes', 'overrides.overridden_at') }} as due_at,
        policies.requires_actor and overrides.actor_told_at is null as lacks_actor,
        policies.requires_reason and overrides.reason_told_at is null as lacks_reason,
        greatest(
            case when policies.requires_actor then overrides.actor_told_at end,
            case when policies.requires_reason then overrides.reason_told_at end
        ) as told_at

    from overrides
    left join policies
        on {{ in_force('policies', 'overrides.overridden_at') }}

),

judged as (

    select
        * exclude (policy_version),
        'policy_decision' as record_kind,
        decision_id as record_id,
        cast(overridden_at as date) as usage_date,
        overridden_at as started_at,
        version_in_force as policy_version,
        case
            when version_in_force is null then 'unknown'
            when not lacks_actor and not lacks_reason and coalesce(told_at <= due_at, true) then 'compliant'
            when due_at > {{ as_of() }} then 'unknown'
            else 'violation'
        end as verdict,
        case when not lacks_actor and not lacks_reason then told_at end as ended_at,
        {{ json_object({
            'decision': 'decision',
            'new_decision': 'new_decision',
            'policy_id': 'policy_id',
            'policy_version': 'policy_version',
            'lacks_actor': 'lacks_actor',
            'lacks_reason': 'lacks_reason',
            'due_at': 'due_at',
        }) }} as evidence

    from governed

)

select {{ judgement(without=['vault_path'], ended_at='ended_at') }}
from judged
