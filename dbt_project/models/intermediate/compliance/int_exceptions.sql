{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_verdicts()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- What nobody knows is one exception, of the rule that asks for what is missing.
-- Adding a rule is adding its model to this list. `detected_at` is when the load that decided it was made.
with

judged as (

    select * from {{ ref('rule_consent_missing') }}
    union all
    select * from {{ ref('rule_consent_expired') }}
    union all
    select * from {{ ref('rule_consent_withdrawn') }}
    union all
    select * from {{ ref('rule_consent_disagreement') }}
    union all
    select * from {{ ref('rule_residency_processing') }}
    union all
    select * from {{ ref('rule_denylisted_connector') }}
    union all
    select * from {{ ref('rule_unpriced_model') }}
    union all
    select * from {{ ref('rule_tier_disagreement') }}
    union all
    select * from {{ ref('rule_unlisted_tier') }}
    union all
    select * from {{ ref('rule_unregistered_agent') }}
    union all
    select * from {{ ref('rule_attribute_schema_breach') }}

),

loads as (

    select
        load_id,
        min(ingested_at) as detected_at

    from {{ ref('stg_ingest_log') }}
    group by load_id

),

exceptions as (

    select
        md5(rule_id || ' ' || record_kind || ' ' || record_id) as exception_id,
        judged.*,
        loads.detected_at

    from judged
    left join loads
        on judged.load_id = loads.load_id
    where
        (
            verdict = 'violation'
            or (
                verdict = 'unknown'
                and rule_id in ('consent_missing', 'residency_processing', 'denylisted_connector')
            )
        )
        and {{ in_days('usage_date', affected_days(days_of_new_verdicts())) }}

)

select * from exceptions
order by usage_date
