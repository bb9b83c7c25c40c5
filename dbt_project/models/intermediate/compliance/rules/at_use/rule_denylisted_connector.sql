-- An agent called a connector that a policy denies. A refused attempt is an exception too; the evidence says so.
-- Without an environment or a tier it is unknown where the policy treats them differently.
with

calls as (

    select
        *,
        coalesce(environment, 'unknown') = 'unknown' as is_environment_unknown,
        coalesce(entitlement_tier, 'unknown') = 'unknown' as is_tier_unknown

    from {{ ref('int_governed_calls') }}
    where connector_name is not null

),

policies as (

    select * from {{ ref('policy_connectors') }}

),

-- What is missing might be anything that a row names; for each of that the most specific row counts.
matched as (

    select
        calls.*,
        policies.policy_version,
        policies.effect,
        policies.severity,
        policies.remediation,
        policies.runbook_url,
        policies.connector_name as policy_connector,
        policies.environment as policy_environment,
        policies.tier as policy_tier,
        policies.effect is not null
        and (policies.environment = '*' or not calls.is_environment_unknown)
        and (policies.tier = '*' or not calls.is_tier_unknown) as is_certain

    from calls
    left join policies
        on policies.connector_name in (calls.connector_name, '*')
        and (policies.environment in (calls.environment, '*') or calls.is_environment_unknown)
        and (policies.tier in (calls.entitlement_tier, '*') or calls.is_tier_unknown)
        and {{ in_force('policies', 'calls.started_at') }}
    qualify row_number() over (
        -- The day is there to be pruned by.
        partition by
            calls.usage_date,
            calls.record_kind,
            calls.record_id,
            case when calls.is_environment_unknown then policies.environment end,
            case when calls.is_tier_unknown then policies.tier end
        order by
            (policies.connector_name != '*') desc,
            (policies.environment != '*') desc,
            (policies.tier != '*') desc,
            (policies.effect = 'deny') desc
    ) = 1

),

-- The first row that surely holds decides, unless one before it that might hold says otherwise.
{{ decided_by_first_sure_row(['policy_connector', 'policy_environment', 'policy_tier']) }},

judged as (

    select
        *,
        {{ json_object({
            'connector_name': 'connector_name',
            'environment': 'environment',
            'entitlement_tier': 'entitlement_tier',
            'is_policy_denied': 'is_policy_denied',
        }) }} as evidence

    from decided

)

select {{ judgement(unknown='reported', without=['vault_path']) }}
from judged
