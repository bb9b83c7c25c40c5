-- Data of a class went to a country, or to a model in a region, that the policy denies. Without a data class, or any
-- word on where they went, it is unknown where the policy treats classes or places differently.
with

calls as (

    select
        *,
        destination_country is null and model_region is null as is_place_unknown

    from {{ ref('int_governed_calls') }}
    where
        record_kind = 'llm_call'
        or connector_name is not null
        or destination_country is not null
        or model_region is not null

),

policies as (

    select * from {{ ref('policy_export_control') }}

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
        policies.data_class as policy_class,
        policies.destination_country as policy_country,
        policies.model_region as policy_region,
        coalesce(policies.data_class in (calls.data_class, '*'), false)
        and (
            not calls.is_place_unknown
            or (policies.destination_country = '*' and policies.model_region = '*')
        ) as is_certain

    from calls
    left join policies
        on (policies.data_class in (calls.data_class, '*') or calls.data_class is null)
        and (policies.destination_country in (calls.destination_country, '*') or calls.is_place_unknown)
        and (policies.model_region in (calls.model_region, '*') or calls.is_place_unknown)
        and {{ in_force('policies', 'calls.started_at') }}
    qualify row_number() over (
        partition by
            calls.usage_date,
            calls.record_kind,
            calls.record_id,
            case when calls.data_class is null then policies.data_class end,
            case when calls.is_place_unknown then policies.destination_country end,
            case when calls.is_place_unknown then policies.model_region end
        order by
            (policies.data_class != '*') desc,
            (policies.destination_country != '*') desc,
            (policies.model_region != '*') desc,
            (policies.effect = 'deny') desc
    ) = 1

),

-- The first row that surely holds decides, unless one before it that might hold says otherwise.
{{ decided_by_first_sure_row(['policy_class', 'policy_country', 'policy_region']) }},

judged as (

    select
        *,
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
