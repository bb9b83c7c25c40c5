{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ remember_read() }}",
    )
}}

-- Each run adds the traces that its loads touched, with every day on which they are known to have spans. So it
-- also is the index that finds the older days of a trace without reading its spans. An erasure touches traces, too.
with

changes as (

    select
        trace_id,
        span_date,
        load_id

    from {{ ref('stg_spans') }}
    where load_id > {{ read_up_to() }}

    union all

    select
        trace_id,
        event_date as span_date,
        load_id

    from {{ ref('stg_removals') }}
    where
        load_id > {{ read_up_to() }}
        and trace_id is not null

),

new_spans as (

    select
        trace_id,
        span_date,
        max(load_id) as load_id

    from changes
    group by trace_id, span_date

),

{% if is_incremental() -%}
known as (

    select
        trace_id,
        span_date

    from {{ this }}
    where trace_id in (select trace_id from new_spans)

),

{% endif -%}
days as (

    select
        trace_id,
        span_date
    from new_spans
    {% if is_incremental() -%}
    union
    select trace_id, span_date from known
    {%- endif %}

),

run as (

    select max(load_id) as load_id from new_spans

)

select
    run.load_id,
    days.trace_id,
    days.span_date

from days
cross join run
order by days.span_date
