{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ remember_read() }}",
    )
}}

-- What a run has to compute anew: the traces its loads touched, and the traces in which one of their responses was
-- seen, since which copy of it counts may have changed there. Copies start within minutes of each other, so they
-- stand on the same day or a neighbouring one; the rest of their trace may stand anywhere.
with

trace_days as (

    select * from {{ ref('int_trace_days') }}

),

trace_responses as (

    select * from {{ ref('int_trace_responses') }}

),

touched as (

    select * from trace_days
    where load_id > {{ read_up_to() }}

),

run as (

    select max(load_id) as load_id from touched

),

responses as (

    select response_id
    from trace_responses
    where trace_id in (select trace_id from touched)

),

twins as (

    select trace_id
    from trace_responses
    where
        response_id in (select response_id from responses)
        and {{ near_days('span_date', touched_trace_days()) }}

),

days as (

    select
        trace_id,
        span_date
    from touched
    union
    select
        trace_id,
        span_date
    from trace_days
    where trace_id in (select trace_id from twins)

)

select
    run.load_id,
    days.trace_id,
    days.span_date

from days
cross join run
order by days.span_date
