{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ remember_read() }}",
    )
}}

-- What every model that computes whole days asks, told once: which days a load changed.
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

changes as (

    select * from spans
    where load_id > {{ read_up_to() }}
    union
    select * from logs
    where load_id > {{ read_up_to() }}
    union
    select * from metrics
    where load_id > {{ read_up_to() }}

)

select * from changes
where usage_date is not null
