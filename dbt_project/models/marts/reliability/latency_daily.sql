{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_tenant_states() + days_of_new_latency_metrics()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set dimensions = [
    'usage_date', 'tenant_id', 'entitlement_tier', 'service_name', 'agent_name', 'workflow_name', 'operation_name',
    'model', 'environment', 'metric_name'
] %}
with

buckets as (

    select *
    from {{ ref('int_latency_buckets') }}
    where {{ in_days('usage_date', affected_days(days_of_new_tenant_states() + days_of_new_latency_metrics())) }}

),

summed as (

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        service_name,
        agent_name,
        workflow_name,
        operation_name,
        model,
        environment,
        metric_name,
        min(source_name) as source_name,
        cast(sum(weight) as double) as requests,
        cast(sum(observed) as bigint) as observed_requests,
        cast(sum(failed_weight) as double) as error_requests,
        {{ latency_quantile(0.50) }} as p50_ms,
        {{ latency_quantile(0.95) }} as p95_ms,
        {{ latency_quantile(0.99) }} as p99_ms,
        {{ latency_error_bound(0.50) }} as quantile_error_bound,
        max(longest_ms) as max_ms,
        cast(max(slo_target_ms) as double) as slo_target_ms,
        -- Without a target nobody can say which were good, nor where a bucket lies around it.
        cast(
            case when max(slo_target_ms) is not null and not bool_or(is_around_target) then sum(good_weight) end
            as double
        ) as slo_good_requests

    from {{ ranked_buckets('buckets', by=dimensions) }}
    group by
        usage_date,
        tenant_id,
        entitlement_tier,
        service_name,
        agent_name,
        workflow_name,
        operation_name,
        model,
        environment,
        metric_name
    having sum(weight) > 0

)

select * from summed
order by usage_date
