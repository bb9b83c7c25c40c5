{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_tenant_states()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

with

calls as (

    select
        *,
        {{ known_tokens() }} as total_tokens

    from {{ ref('int_tiered_calls') }}
    where {{ in_days('usage_date', affected_days(days_of_new_tenant_states())) }}

),

-- What only metrics tell is not weighted, and its calls succeeded. Counters do not say how many calls there were.
metric_usage as (

    select *
    from {{ ref('int_priced_metric_usage') }}
    where {{ in_days('usage_date', affected_days(days_of_new_tenant_states())) }}

),

counted as (

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
        sampling_weight,
        sampling_weight as requests,
        1 as observed_requests,
        cast(sampling_weight * sampling_weight as decimal(38, 12)) as squared_weights,
        case when is_failed then sampling_weight else 0 end as failed_requests,
        case when is_rollup_fallback then sampling_weight else 0 end as rollup_fallback_requests,
        case when is_usage_known then 0 else sampling_weight end as unknown_usage_requests,
        case when is_usage_known and not is_priced then sampling_weight else 0 end as unpriced_requests,
        case when is_sampling_known then 0 else sampling_weight end as unknown_sampling_requests,
        {{ sampling_variance('1') }} as requests_variance,
        {{ sampling_variance('total_tokens') }} as total_tokens_variance,
        {{ sampling_variance('cost_usd') }} as cost_usd_variance,
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
        1 as sampling_weight,
        requests,
        cast(requests as bigint) as observed_requests,
        requests as squared_weights,
        0 as failed_requests,
        0 as rollup_fallback_requests,
        0 as unknown_usage_requests,
        case when is_usage_known and cost_usd is null then coalesce(requests, 1) else 0 end as unpriced_requests,
        0 as unknown_sampling_requests,
        case when requests is not null then 0 end as requests_variance,
        case when is_usage_known then 0 end as total_tokens_variance,
        case when cost_usd is not null then 0 end as cost_usd_variance,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        visible_output_tokens,
        reasoning_tokens,
        cost_usd,
        reported_cost_usd

    from metric_usage

),

-- Sums are of decimals, so that they do not depend on the order of the rows.
daily as (

    select
        usage_date,
        coalesce(tenant_id, 'unknown') as tenant_id,
        entitlement_tier,
        coalesce(service_name, 'unknown') as service_name,
        coalesce(agent_name, 'unknown') as agent_name,
        coalesce(workflow_name, 'unknown') as workflow_name,
        coalesce(lower(provider_name), 'unknown') as provider_name,
        coalesce(model, 'unknown') as model,
        coalesce(operation_name, 'unknown') as operation_name,
        coalesce(environment, 'unknown') as environment,
        sum(requests) as requests,
        sum(observed_requests) as observed_requests,
        sum(squared_weights) as squared_weights,
        sum(failed_requests) as failed_requests,
        sum(rollup_fallback_requests) as rollup_fallback_requests,
        sum(unknown_usage_requests) as unknown_usage_requests,
        sum(unpriced_requests) as unpriced_requests,
        sum(unknown_sampling_requests) as unknown_sampling_requests,
        sum(requests_variance) as requests_variance,
        sum(total_tokens_variance) as total_tokens_variance,
        sum(cost_usd_variance) as cost_usd_variance,
        {{ weighted_tokens('uncached_input_tokens') }} as uncached_input_tokens,
        {{ weighted_tokens('cache_read_tokens') }} as cache_read_tokens,
        {{ weighted_tokens('cache_write_tokens') }} as cache_write_tokens,
        {{ weighted_tokens('visible_output_tokens') }} as visible_output_tokens,
        {{ weighted_tokens('reasoning_tokens') }} as reasoning_tokens,
        sum(cost_usd * sampling_weight) as cost_usd,
        sum(reported_cost_usd * sampling_weight) as reported_cost_usd

    from counted
    group by all

)

select
    cast(usage_date as date) as usage_date,
    cast(tenant_id as varchar) as tenant_id,
    cast(entitlement_tier as varchar) as entitlement_tier,
    cast(service_name as varchar) as service_name,
    cast(agent_name as varchar) as agent_name,
    cast(workflow_name as varchar) as workflow_name,
    cast(provider_name as varchar) as provider_name,
    cast(model as varchar) as model,
    cast(operation_name as varchar) as operation_name,
    cast(environment as varchar) as environment,
    cast(requests as double) as requests,
    cast(observed_requests as bigint) as observed_requests,
    cast(requests as double) * cast(requests as double) / nullif(cast(squared_weights as double), 0)
        as effective_requests,
    cast(failed_requests as double) as failed_requests,
    cast(rollup_fallback_requests as double) as rollup_fallback_requests,
    cast(unknown_usage_requests as double) as unknown_usage_requests,
    uncached_input_tokens,
    cache_read_tokens,
    cache_write_tokens,
    visible_output_tokens,
    reasoning_tokens,
    {{ sum_of_known(['uncached_input_tokens', 'cache_read_tokens', 'cache_write_tokens']) }} as input_tokens,
    {{ sum_of_known(['visible_output_tokens', 'reasoning_tokens']) }} as output_tokens,
    {{ known_tokens() }} as total_tokens,
    cast(cost_usd as decimal(38, 9)) as cost_usd,
    cast(reported_cost_usd as decimal(38, 9)) as reported_cost_usd,
    cast(unpriced_requests as double) as unpriced_requests,
    cast(unknown_sampling_requests as double) as unknown_sampling_requests,
    cast(requests_variance as double) as requests_variance,
    cast(total_tokens_variance as double) as total_tokens_variance,
    cast(cost_usd_variance as double) as cost_usd_variance

from daily
