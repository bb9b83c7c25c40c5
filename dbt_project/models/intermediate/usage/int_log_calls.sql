{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days() %}

-- A response that a span of another service tells on the same day, or an earlier event does, is that one's call: a
-- proxy and its client see the same.
with

log_usage as (

    select * from {{ ref('int_log_usage') }}
    where {{ in_days('usage_date', days) }}

),

span_usage as (

    select * from {{ ref('int_span_usage') }}
    where
        counted_as in ('call', 'rollup_fallback')
        and {{ in_days('usage_date', days) }}

),

responses as (

    select
        call_id,
        usage_date,
        started_at,
        service_name,
        provider_name,
        response_id,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        visible_output_tokens,
        reasoning_tokens,
        1 as is_span

    from span_usage
    where response_id is not null and is_usage_known

    union all

    select
        call_id,
        usage_date,
        started_at,
        service_name,
        provider_name,
        response_id,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        visible_output_tokens,
        reasoning_tokens,
        0 as is_span

    from log_usage
    where response_id is not null and is_usage_known

),

beside_spans as (

    select
        *,
        sum(is_span) over (
            partition by usage_date, {{ response_identity() }}
            order by started_at
            range between interval 5 minute preceding and interval 5 minute following
        ) > sum(is_span) over (
            partition by usage_date, service_name, {{ response_identity() }}
            order by started_at
            range between interval 5 minute preceding and interval 5 minute following
        ) as is_told_by_span

    from responses

),

beside_events as (

    select
        *,
        (
            coalesce(lag(service_name) over earlier, '') != coalesce(service_name, '')
            and started_at - lag(started_at) over earlier <= interval 5 minute
        ) as is_told_by_event

    from beside_spans
    where is_span = 0 and not is_told_by_span
    window
        earlier as (
            partition by usage_date, {{ response_identity() }}
            order by started_at, call_id
        )

),

copies as (

    select call_id from beside_spans
    where is_span = 0 and is_told_by_span
    union
    select call_id from beside_events
    where is_told_by_event

)

select
    log_usage.*,
    case when copies.call_id is null then 'call' else 'response_copy' end as counted_as

from log_usage
left join copies
    on log_usage.call_id = copies.call_id
order by log_usage.usage_date
