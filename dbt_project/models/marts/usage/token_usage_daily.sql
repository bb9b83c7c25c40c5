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

    select *
    from {{ ref('int_tiered_calls') }}
    where {{ in_days('usage_date', affected_days(days_of_new_tenant_states())) }}

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
        sum(sampling_weight) as requests,
        count(*) as observed_requests,
        sum(cast(sampling_weight * sampling_weight as decimal(38, 12))) as squared_weights,
        sum(case when is_failed then sampling_weight else 0 end) as failed_requests,
        sum(case when is_rollup_fallback then sampling_weight else 0 end) as rollup_fallback_requests,
        sum(case when is_usage_known then 0 else sampling_weight end) as unknown_usage_requests,
        sum(case when is_usage_known and not is_priced then sampling_weight else 0 end) as unpriced_requests,
        {{ weighted_tokens('uncached_input_tokens') }} as uncached_input_tokens,
        {{ weighted_tokens('cache_read_tokens') }} as cache_read_tokens,
        {{ weighted_tokens('cache_write_tokens') }} as cache_write_tokens,
        {{ weighted_tokens('visible_output_tokens') }} as visible_output_tokens,
        {{ weighted_tokens('reasoning_tokens') }} as reasoning_tokens,
        sum(cost_usd * sampling_weight) as cost_usd,
        sum(reported_cost_usd * sampling_weight) as reported_cost_usd

    from calls
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
    cast(requests as double) * cast(requests as double) / cast(squared_weights as double) as effective_requests,
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
    {{ sum_of_known([
        'uncached_input_tokens',
        'cache_read_tokens',
        'cache_write_tokens',
        'visible_output_tokens',
        'reasoning_tokens',
    ]) }} as total_tokens,
    cast(cost_usd as decimal(38, 9)) as cost_usd,
    cast(reported_cost_usd as decimal(38, 9)) as reported_cost_usd,
    cast(unpriced_requests as double) as unpriced_requests

from daily
