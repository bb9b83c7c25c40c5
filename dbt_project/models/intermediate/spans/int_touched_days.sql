{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ remember_read() }}",
    )
}}

-- What a run has to compute anew: the traces its loads touched, and the traces in which the same response was seen,
-- since which copy of a response counts may have changed there. Copies start within minutes of each other, so
-- they stand on the same day or a neighbouring one.
{%- set days = touched_trace_days() %}
with

touched as (

    select * from {{ ref('int_trace_days') }}
    where load_id > {{ read_up_to() }}

),

spans as (

    select
        trace_id,
        span_date,
        response_id

    from {{ ref('int_spans') }}
    where response_id is not null and {{ near_days('span_date', days) }}

),

run as (

    select max(load_id) as load_id from touched

),

responses as (

    select distinct spans.response_id
    from spans
    inner join touched
        on spans.trace_id = touched.trace_id

),

twins as (

    select
        spans.trace_id,
        spans.span_date

    from spans
    inner join responses
        on spans.response_id = responses.response_id

),

traces as (

    select
        trace_id,
        span_date
    from touched
    union
    select
        trace_id,
        span_date
    from twins

)

select
    run.load_id,
    traces.trace_id,
    traces.span_date

from traces
cross join run
