{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ remember_read() }}",
    )
}}

-- What every model that computes whole days asks, told once: which days a load changed. What was removed may have
-- counted on the days beside its own.
with

spans as (

    select
        span_date as usage_date,
        load_id

    from {{ ref('int_touched_days') }}

),

logs as (

    select
        usage_date,
        load_id

    from {{ ref('int_log_usage') }}

),

metrics as (

    select
        usage_date,
        load_id

    from {{ ref('int_metric_days') }}

),

removals as (

    select
        removed.event_date + steps.step as usage_date,
        removed.load_id

    from {{ ref('stg_removals') }} as removed
    cross join (values (-1), (0), (1)) as steps (step)

),

changes as (

    select * from spans
    where load_id > {{ read_up_to() }}
    union
    select * from logs
    where load_id > {{ read_up_to() }}
    union
    select * from metrics
    where load_id > {{ read_up_to() }}
    union
    select * from removals
    where load_id > {{ read_up_to() }}

)

select * from changes
where usage_date is not null
