-- All usage that counts, once: calls that spans or log events tell of, and what only metrics tell. Metrics are not
-- weighted, and what they count succeeded; counters do not say how many calls there were.
with

calls as (

    select * from {{ ref('int_tiered_calls') }}

),

metric_usage as (

    select * from {{ ref('int_priced_metric_usage') }}

)

select
    usage_date,
    tenant_id,
    entitlement_tier,
    service_name,
    agent_name,
    workflow_name,
    provider_name,
    model,
    operation_name,
    environment,
    trace_id,
    trace_days,
    sampling_weight,
    is_sampling_known,
    sampling_weight as requests,
    cast(1 as bigint) as observed_requests,
    is_failed,
    is_rollup_fallback,
    is_usage_known,
    is_priced,
    uncached_input_tokens,
    cache_read_tokens,
    cache_write_tokens,
    visible_output_tokens,
    reasoning_tokens,
    cost_usd,
    reported_cost_usd

from calls

union all

select
    usage_date,
    tenant_id,
    entitlement_tier,
    service_name,
    agent_name,
    workflow_name,
    provider_name,
    model,
    operation_name,
    environment,
    cast(null as varchar) as trace_id,
    cast(1 as bigint) as trace_days,
    cast(1 as decimal(18, 6)) as sampling_weight,
    true as is_sampling_known,
    cast(requests as decimal(18, 6)) as requests,
    cast(requests as bigint) as observed_requests,
    false as is_failed,
    false as is_rollup_fallback,
    is_usage_known,
    cost_usd is not null as is_priced,
    uncached_input_tokens,
    cache_read_tokens,
    cache_write_tokens,
    visible_output_tokens,
    reasoning_tokens,
    cost_usd,
    reported_cost_usd

from metric_usage
