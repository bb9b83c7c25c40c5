-- Every judgement, counted. What is judged as it stands and has no day of its own stands on today.
with

verdicts as (

    select
        usage_date,
        rule_id,
        jurisdiction,
        verdict,
        records

    from {{ ref('int_verdicts') }}

    union all

    select
        usage_date,
        rule_id,
        jurisdiction,
        verdict,
        records

    from {{ ref('int_standing_verdicts') }}

)

select
    coalesce(usage_date, cast({{ as_of() }} as date)) as kpi_date,
    rule_id,
    coalesce(jurisdiction, 'unknown') as jurisdiction,
    verdict,
    records

from verdicts
