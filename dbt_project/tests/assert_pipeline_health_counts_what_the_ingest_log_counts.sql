{{ config(group='platform') }}

with

health as (

    select
        sum(rows_landed) as rows_landed,
        sum(rows_quarantined) as rows_quarantined,
        sum(rows_duplicate) as rows_duplicate

    from {{ ref('pipeline_health') }}

),

ingest_log as (

    select
        coalesce(sum(rows_landed), 0) as rows_landed,
        coalesce(sum(rows_quarantined), 0) as rows_quarantined,
        coalesce(sum(rows_duplicate), 0) as rows_duplicate

    from {{ ref('stg_ingest_log') }}

)

select health.*
from health
cross join ingest_log
where
    health.rows_landed <> ingest_log.rows_landed
    or health.rows_quarantined <> ingest_log.rows_quarantined
    or health.rows_duplicate <> ingest_log.rows_duplicate
