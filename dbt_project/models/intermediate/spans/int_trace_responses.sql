{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = touched_trace_days() %}

-- Kept for good, even where a better copy of the span took the response back: the copies in other traces that
-- it stood for have to be counted again then.
with

seen as (

    select distinct
        trace_id,
        span_date,
        response_id

    from {{ ref('int_spans') }}
    where
        response_id is not null
        and {{ in_days('span_date', days) }}
        and {{ is_touched_trace('trace_id') }}

)

select
    trace_id,
    span_date,
    response_id

from seen
{% if is_incremental() -%}
    except
    select
        trace_id,
        span_date,
        response_id

    from {{ this }}
    where {{ in_days('span_date', days) }}
{%- endif %}
order by span_date
