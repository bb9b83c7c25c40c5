-- A source that speaks every day was silent on one. Late files may still fill it; else records were lost on the way,
-- which no total of what is there can show. From seven days on.
{{ config(severity='warn', group='platform', meta={'owner': 'platform'}) }}

with

days as (

    select distinct
        'spans of ' || coalesce(service_name, 'unknown') as source,
        span_date as record_date

    from {{ ref('int_spans') }}
    where span_date <= cast({{ as_of() }} as date)

    union all

    select distinct
        'usage snapshots' as source,
        snapshot_date as record_date

    from {{ ref('stg_usage_snapshots') }}
    where snapshot_date <= cast({{ as_of() }} as date)

),

followed as (

    select
        *,
        lead(record_date) over (partition by source order by record_date) as next_date,
        count(*) over (partition by source) as days_told

    from days

)

select
    source,
    record_date as last_date,
    next_date

from followed
-- Nine days of ten make a habit.
where
    days_told >= 7
    and datediff('day', record_date, next_date) between 2 and days_told / 10 + 2
