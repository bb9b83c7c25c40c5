{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_tenant_states()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

with

usage as (

    select
        *,
        -- Counters do not say how many calls a day's usage was of: it stands for one.
        coalesce(requests, 1) as weight,
        {{ known_tokens() }} as total_tokens

    from {{ ref('int_counted_usage') }}
    where {{ in_days('usage_date', affected_days(days_of_new_tenant_states())) }}

),

varied as (

    select
        *,
        is_usage_known and not is_priced as is_unpriced,
        {{ sampling_variance('observed_requests') }} as requests_variance,
        {{ sampling_variance('total_tokens') }} as total_tokens_variance,
        {{ sampling_variance('cost_usd') }} as cost_usd_variance

    from usage

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
        sum(cast(sampling_weight * requests as decimal(38, 12))) as squared_weights,
        coalesce(sum(weight) filter (where is_failed), 0) as failed_requests,
        coalesce(sum(weight) filter (where is_rollup_fallback), 0) as rollup_fallback_requests,
        coalesce(sum(weight) filter (where not is_usage_known), 0) as unknown_usage_requests,
        coalesce(sum(weight) filter (where is_unpriced), 0) as unpriced_requests,
        coalesce(sum(weight) filter (where not is_sampling_known), 0) as unknown_sampling_requests,
        sum(requests_variance) as requests_variance,
        sum(total_tokens_variance) as total_tokens_variance,
        sum(cost_usd_variance) as cost_usd_variance,
        {{ weighted_tokens('uncached_input_tokens') }} as uncached_input_tokens,
        {{ weighted_tokens('cache_read_tokens') }} as cache_read_tokens,
        {{ weighted_tokens('cache_write_tokens') }} as cache_write_tokens,
        {{ weighted_tokens('visible_output_tokens') }} as visible_output_tokens,
        {{ weighted_tokens('reasoning_tokens') }} as reasoning_tokens,
        {{ weighted_tokens('case when is_unpriced then uncached_input_tokens end') }} as unpriced_uncached_input_tokens,
        {{ weighted_tokens('case when is_unpriced then cache_read_tokens end') }} as unpriced_cache_read_tokens,
        {{ weighted_tokens('case when is_unpriced then cache_write_tokens end') }} as unpriced_cache_write_tokens,
        {{ weighted_tokens('case when is_unpriced then visible_output_tokens end') }} as unpriced_visible_output_tokens,
        {{ weighted_tokens('case when is_unpriced then reasoning_tokens end') }} as unpriced_reasoning_tokens,
        sum(cost_usd * sampling_weight) as cost_usd,
        sum(reported_cost_usd * sampling_weight) as reported_cost_usd

    from varied
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
    cast(cost_usd_variance as double) as cost_usd_variance,
    coalesce(
        {{ sum_of_known([
            'unpriced_uncached_input_tokens',
            'unpriced_cache_read_tokens',
            'unpriced_cache_write_tokens',
            'unpriced_visible_output_tokens',
            'unpriced_reasoning_tokens',
        ]) }}, 0
    ) as unpriced_tokens

from daily
order by usage_date
