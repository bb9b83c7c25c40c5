-- An agent called a connector that a policy denies. A refused attempt is an exception too; the evidence says so.
with

calls as (

    select * from {{ ref('int_governed_calls') }}
    where connector_name is not null

),

policies as (

    select * from {{ ref('policy_connectors') }}

),

judged as (

    select
        calls.*,
        policies.policy_version,
        case policies.effect
            when 'deny' then 'violation'
            when 'allow' then 'compliant'
            else 'unknown'
        end as verdict,
        policies.severity,
        policies.remediation,
        policies.runbook_url,
        {{ json_object({
            'connector_name': 'calls.connector_name',
            'environment': 'calls.environment',
            'entitlement_tier': 'calls.entitlement_tier',
            'is_policy_denied': 'calls.is_policy_denied',
        }) }} as evidence

    from calls
    left join policies
        on policies.connector_name in (calls.connector_name, '*')
        and policies.environment in (calls.environment, '*')
        and policies.tier in (calls.entitlement_tier, '*')
        and calls.started_at >= policies.valid_from
        and (policies.valid_to is null or calls.started_at < policies.valid_to)
    qualify row_number() over (
        -- The day is there to be pruned by.
        partition by calls.usage_date, calls.record_kind, calls.record_id
        order by
            (policies.connector_name != '*') desc,
            (policies.environment != '*') desc,
            (policies.tier != '*') desc,
            (policies.effect = 'deny') desc
    ) = 1

)

select {{ judgement(unknown='reported', without=['vault_path']) }}
from judged
