-- Calls of an agent, tenant and day were sampled at less than the floor of their tier and environment. Incidents raise
-- the floor of their services and environment while they last. One record for each day, since one setting decides for
-- all its calls.
with

calls as (

    select * from {{ ref('int_governed_calls') }}
    where record_kind = 'llm_call'

),

incidents as (

    select * from {{ ref('int_incidents') }}

),

policies as (

    select * from {{ ref('policy_sampling') }}

),

placed as (

    select
        *,
        exists(
            select 1
            from incidents
            where {{ is_of_incident('calls', 'incidents') }}
        ) as is_during_incident

    from calls

),

floored as (

    select
        placed.*,
        policies.policy_version,
        policies.minimum_probability,
        policies.severity,
        policies.remediation,
        policies.runbook_url,
        case when placed.is_sampling_known then 1 / placed.sampling_weight end as probability

    from placed
    left join policies
        on policies.tier in (placed.entitlement_tier, '*')
        and policies.environment in (placed.environment, '*')
        and (placed.is_during_incident or not policies.during_incident)
        and {{ in_force('policies', 'placed.started_at') }}
    qualify row_number() over (
        partition by placed.usage_date, placed.record_kind, placed.record_id
        order by
            policies.during_incident desc,
            (policies.tier != '*') desc,
            (policies.environment != '*') desc,
            policies.minimum_probability desc
    ) = 1

),

-- The worst call of the day stands for it.
worst as (

    select
        *,
        case
            when probability is null or minimum_probability is null then 'unknown'
            -- A threshold has 56 bits, so a probability may fall short of the floor by a rounding.
            when probability < minimum_probability * 0.999999 then 'violation'
            else 'compliant'
        end as verdict

    from floored

),

judged as (

    select
        * exclude (record_kind, record_id),
        'agent_day' as record_kind,
        {{ key_of(['usage_date', 'tenant_id', 'agent_name', 'entitlement_tier', 'environment']) }} as record_id,
        {{ json_object({
            'probability': 'cast(probability as decimal(18, 9))',
            'minimum_probability': 'minimum_probability',
            'is_during_incident': 'is_during_incident',
            'entitlement_tier': 'entitlement_tier',
            'environment': 'environment',
        }) }} as evidence

    from worst
    qualify row_number() over (
        partition by usage_date, tenant_id, agent_name, entitlement_tier, environment
        order by
            (verdict = 'violation') desc,
            (verdict = 'unknown') desc,
            probability asc,
            started_at asc,
            record_id asc
    ) = 1

)

select {{ judgement(without=['vault_path']) }}
from judged
