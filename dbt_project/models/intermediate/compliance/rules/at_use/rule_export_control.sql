-- Data of a class went to a country, or to a model in a region, that the policy denies. Without a data class it is
-- unknown where the policy treats classes differently.
with

calls as (

    select * from {{ ref('int_governed_calls') }}
    where destination_country is not null or model_region is not null

),

policies as (

    select * from {{ ref('policy_export_control') }}

),

matched as (

    select
        calls.*,
        policies.policy_version,
        policies.data_class as policy_data_class,
        policies.effect,
        policies.severity,
        policies.remediation,
        policies.runbook_url,
        min(policies.effect) over whole_record as least_effect,
        max(policies.effect) over whole_record as greatest_effect,
        policies.destination_country as policy_country,
        policies.model_region as policy_region

    from calls
    left join policies
        on (policies.data_class in (calls.data_class, '*') or calls.data_class is null)
        and policies.destination_country in (calls.destination_country, '*')
        and policies.model_region in (calls.model_region, '*')
        and {{ in_force('policies', 'calls.started_at') }}
    window
        whole_record as (
            partition by calls.usage_date, calls.record_kind, calls.record_id
        )

),

decided as (

    select *
    from matched
    qualify row_number() over (
        partition by usage_date, record_kind, record_id
        order by
            (policy_data_class != '*') desc,
            (policy_country != '*') desc,
            (policy_region != '*') desc,
            (effect = 'deny') desc
    ) = 1

),

judged as (

    select
        *,
        case
            when effect is null or (data_class is null and least_effect != greatest_effect) then 'unknown'
            when effect = 'deny' then 'violation'
            else 'compliant'
        end as verdict,
        {{ json_object({
            'data_class': 'data_class',
            'destination_country': 'destination_country',
            'model_region': 'model_region',
            'connector_name': 'connector_name',
            'model': 'model',
        }) }} as evidence

    from decided

)

select {{ judgement(without=['vault_path']) }}
from judged
