{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = touched_trace_days() %}

-- What ties spans of different traces together, so that a late one finds the days it changes. Kept for good, even
-- where a better copy of a span took its word back: what it was tied to has to be measured again then.
with

spans as (

    select *
    from {{ ref('int_spans') }}
    where
        {{ in_days('span_date', days) }}
        and {{ is_touched_trace('trace_id') }}

),

links as (

    select *
    from {{ ref('stg_span_links') }}
    where
        {{ in_days('span_date', days) }}
        and {{ is_touched_trace('trace_id') }}

),

ties as (

    select
        trace_id,
        span_date,
        'notification' as tie_kind,
        notification_id as tied_to

    from spans
    where notification_id is not null

    union

    select
        trace_id,
        span_date,
        'connector_call' as tie_kind,
        connector_call_id as tied_to

    from spans
    where connector_call_id is not null

    union

    select
        spans.trace_id,
        spans.span_date,
        'trace' as tie_kind,
        links.linked_trace_id as tied_to

    from spans
    inner join links
        on spans.trace_id = links.trace_id
        and spans.span_id = links.span_id
    where spans.kind = 'CONSUMER' and links.linked_trace_id is not null

    union

    -- What a consumer stands below may have begun days before it.
    select
        trace_id,
        span_date,
        'trace' as tie_kind,
        trace_id as tied_to

    from spans
    where kind = 'CONSUMER' and parent_span_id is not null

)

select
    trace_id,
    span_date,
    tie_kind,
    tied_to

from ties
{% if is_incremental() -%}
    except
    select
        trace_id,
        span_date,
        tie_kind,
        tied_to

    from {{ this }}
    where {{ in_days('span_date', days) }}
{%- endif %}
order by span_date
