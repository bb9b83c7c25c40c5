-- A span that reports usage above its calls repeats theirs. One that reports another total is the instrumentation's
-- error: it counts nothing, or some calls never came. A roll-up below another is part of it, not beside it.
{{ config(severity='warn', meta={'owner': 'usage'}) }}

with

usage as (

    select
        trace_id,
        span_id,
        usage_date,
        service_name,
        counted_as,
        is_usage_known,
        uncached_input_tokens + cache_read_tokens + cache_write_tokens + visible_output_tokens + reasoning_tokens
            as total_tokens

    from {{ ref('int_span_usage') }}

),

-- Where a trace has one roll-up, all its calls stand below it.
roll_ups as (

    select
        trace_id,
        max(span_id) as span_id,
        max(usage_date) as usage_date,
        max(service_name) as service_name,
        max(total_tokens) as total_tokens

    from usage
    where counted_as = 'rollup' and total_tokens is not null
    group by trace_id
    having count(*) = 1

),

calls as (

    select
        trace_id,
        sum(total_tokens) as total_tokens

    from usage
    where counted_as in ('call', 'response_copy')
    group by trace_id
    having bool_and(total_tokens is not null)

)

select
    roll_ups.trace_id,
    roll_ups.span_id,
    roll_ups.usage_date,
    roll_ups.service_name,
    roll_ups.total_tokens,
    calls.total_tokens as tokens_below

from roll_ups
inner join calls
    on roll_ups.trace_id = calls.trace_id
where roll_ups.total_tokens != calls.total_tokens
