-- A detail in a series of its own stands beside its total, as on spans.
with

increases as (

    select
        days.*,
        coalesce(usage_sources.source_name, 'other_metrics') as source_name,
        coalesce(operation_names.operation_name, lower(days.operation), by_metric.operation_name) as operation_name

    from {{ ref('int_metric_days') }} as days
    left join {{ ref('usage_sources') }} as usage_sources
        on usage_sources.signal = 'metric'
        and days.metric_name = usage_sources.name
    left join {{ ref('operation_names') }} as operation_names
        on lower(days.operation) = operation_names.alias
    left join {{ ref('operation_names') }} as by_metric
        on days.metric_name = by_metric.alias

),

summed as (

    select
        usage_date,
        source_name,
        service_name,
        environment,
        tenant_id,
        entitlement_tier,
        agent_name,
        workflow_name,
        provider_name,
        request_model,
        response_model,
        operation_name,
        service_tier,
        -- Every call that tells its tokens observes its input once; counters do not tell how many there were.
        sum(observations_increase) filter (where counted = 'input_tokens') as requests,
        {{ counted_tokens('input_tokens') }} as reported_input_tokens,
        max(token_semantics) filter (where counted = 'input_tokens') as input_semantics,
        {{ counted_tokens('cache_read_tokens') }} as cache_read_tokens,
        {{ counted_tokens('cache_write_tokens') }} as cache_write_tokens,
        {{ counted_tokens('output_tokens') }} as reported_output_tokens,
        max(token_semantics) filter (where counted = 'output_tokens') as output_semantics,
        {{ counted_tokens('reasoning_tokens') }} as reasoning_tokens,
        cast(sum(value_increase) filter (where counted = 'reported_cost_usd') as decimal(38, 12)) as reported_cost_usd,
        max(load_id) as load_id

    from increases
    group by all

),

known as (

    select
        *,
        reported_input_tokens is not null or reported_output_tokens is not null as is_usage_known

    from summed

)

select
    known.* exclude (
        reported_input_tokens,
        reported_output_tokens,
        cache_read_tokens,
        cache_write_tokens,
        reasoning_tokens,
        input_semantics,
        output_semantics
    ),
    {{ disjoint_token_classes() }}

from known
where
    reported_cost_usd is not null
    or coalesce(reported_input_tokens, 0) != 0
    or coalesce(reported_output_tokens, 0) != 0
