{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_tenant_states()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

with

operations as (

    select *
    from {{ ref('int_timed_operations') }}
    where {{ in_days('usage_date', affected_days(days_of_new_tenant_states())) }}

),

latency_targets as (

    select * from {{ ref('latency_targets') }}

),

-- The target of the environment itself comes before the one for any.
targeted as (

    select
        operations.*,
        coalesce(own.threshold_ms, any_environment.threshold_ms) as slo_target_ms

    from operations
    left join latency_targets as own
        on operations.metric_name = own.metric_name
        and operations.operation_name = own.operation_name
        and operations.environment = own.environment
        and operations.usage_date >= own.valid_from
        and (own.valid_to is null or operations.usage_date < own.valid_to)
    left join latency_targets as any_environment
        on any_environment.environment = '*'
        and operations.metric_name = any_environment.metric_name
        and operations.operation_name = any_environment.operation_name
        and operations.usage_date >= any_environment.valid_from
        and (any_environment.valid_to is null or operations.usage_date < any_environment.valid_to)

),

buckets as (

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
        bucket_index,
        sum(sampling_weight) as requests,
        count(*) as observed_requests,
        sum(sampling_weight) filter (where is_failed) as error_requests,
        max(latency_ms) as max_ms,
        max(slo_target_ms) as slo_target_ms,
        sum(sampling_weight) filter (where not is_failed and latency_ms <= slo_target_ms) as slo_good_requests,
        {{ bucket_lower_ms('bucket_index', span_bucket_scale()) }} as bucket_lower_ms,
        {{ bucket_upper_ms('bucket_index', span_bucket_scale()) }} as bucket_upper_ms

    from targeted
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
        metric_name,
        bucket_index

),

ranked as (

    select
        *,
        sum(requests) over (a_day order by bucket_index) as reached,
        sum(requests) over (a_day) as total

    from buckets
    window a_day as (
        partition by
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
    )

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
        cast(sum(requests) as double) as requests,
        cast(sum(observed_requests) as bigint) as observed_requests,
        cast(coalesce(sum(error_requests), 0) as double) as error_requests,
        {{ bucket_quantile_ms('0.50', 'reached', 'total', 'bucket_lower_ms', 'bucket_upper_ms') }} as p50_ms,
        {{ bucket_quantile_ms('0.95', 'reached', 'total', 'bucket_lower_ms', 'bucket_upper_ms') }} as p95_ms,
        {{ bucket_quantile_ms('0.99', 'reached', 'total', 'bucket_lower_ms', 'bucket_upper_ms') }} as p99_ms,
        max(max_ms) as max_ms,
        cast(max(slo_target_ms) as double) as slo_target_ms,
        -- Without a target nobody can say which were good.
        cast(
            case when max(slo_target_ms) is not null then coalesce(sum(slo_good_requests), 0) end as double
        ) as slo_good_requests

    from ranked
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

)

select * from summed
