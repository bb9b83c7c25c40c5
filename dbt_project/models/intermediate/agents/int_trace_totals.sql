{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days() %}

with

calls as (

    select * from {{ ref('int_llm_calls') }}
    where
        {{ in_days('usage_date', days) }}
        and trace_id is not null

),

costs as (

    select * from {{ ref('int_call_costs') }}
    where {{ in_days('usage_date', days) }}

),

runs as (

    select * from {{ ref('int_agent_runs') }}
    where
        {{ in_days('usage_date', days) }}
        and not is_synthetic

),

told as (

    select
        calls.usage_date,
        calls.trace_id,
        costs.cost_usd,
        coalesce(calls.uncached_input_tokens, 0)
        + coalesce(calls.cache_read_tokens, 0)
        + coalesce(calls.cache_write_tokens, 0) as input_tokens,
        calls.is_usage_known,
        cast(null as double) as duration_ms,
        true as is_call

    from calls
    left join costs
        on calls.call_id = costs.call_id
        and calls.usage_date = costs.usage_date

    union all

    select
        usage_date,
        trace_id,
        null as cost_usd,
        null as input_tokens,
        null as is_usage_known,
        duration_ms,
        false as is_call

    from runs

)

select
    usage_date,
    trace_id,
    count(case when is_call then 1 end) as calls,
    case when count(case when is_call then 1 end) = count(cost_usd) then sum(cost_usd) end as cost_usd,
    case when bool_and(is_usage_known) then sum(input_tokens) end as input_tokens,
    max(duration_ms) as duration_ms

from told
group by usage_date, trace_id
order by usage_date
