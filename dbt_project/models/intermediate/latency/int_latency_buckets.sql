-- Latencies of the signal that counts, in buckets: of spans at scale 5, of metrics as their histograms have them.
with

operations as (

    select
        *,
        'spans' as source_name

    from {{ ref('int_timed_operations') }}

),

increases as (

    select
        *,
        cast(usage_date as timestamp) as started_at

    from {{ ref('int_latency_increases') }}

),

counted_sources as (

    select * from {{ ref('int_latency_sources') }}
    where is_counted

),

latency_targets as (

    select * from {{ ref('latency_targets') }}

),

-- A metric's tenant has the tier that it had when the day began.
tiered_increases as (

    {{ with_tier_in_force('increases', 'entitlement_tier') }}

),

told as (

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
        source_name,
        is_failed,
        cast({{ span_bucket_scale() }} as integer) as bucket_scale,
        bucket_index,
        {{ bucket_lower('bucket_index', span_bucket_scale()) }} as bucket_lower_ms,
        {{ bucket_upper('bucket_index', span_bucket_scale()) }} as bucket_upper_ms,
        latency_ms as at_least_ms,
        latency_ms as at_most_ms,
        latency_ms as longest_ms,
        cast(sampling_weight as decimal(38, 6)) as weight,
        cast(1 as decimal(38, 6)) as observed

    from operations

    union all

    select
        usage_date,
        coalesce(tenant_id, 'unknown') as tenant_id,
        tier_in_force as entitlement_tier,
        service_name,
        agent_name,
        workflow_name,
        operation_name,
        model,
        environment,
        metric_name,
        source_name,
        is_failed,
        bucket_scale,
        bucket_index,
        bucket_lower_ms,
        bucket_upper_ms,
        bucket_lower_ms as at_least_ms,
        bucket_upper_ms as at_most_ms,
        cast(null as double) as longest_ms,
        weight,
        weight as observed

    from tiered_increases

),

-- The target of the environment itself comes before the one for any.
targeted as (

    select
        told.*,
        coalesce(own.threshold_ms, any_environment.threshold_ms) as slo_target_ms

    from told
    inner join counted_sources
        on {{ same_latency_source('told', 'counted_sources') }}
    left join latency_targets as own
        on told.metric_name = own.metric_name
        and told.operation_name = own.operation_name
        and told.environment = own.environment
        and told.usage_date >= own.valid_from
        and (own.valid_to is null or told.usage_date < own.valid_to)
    left join latency_targets as any_environment
        on any_environment.environment = '*'
        and told.metric_name = any_environment.metric_name
        and told.operation_name = any_environment.operation_name
        and told.usage_date >= any_environment.valid_from
        and (any_environment.valid_to is null or told.usage_date < any_environment.valid_to)

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
        source_name,
        bucket_scale,
        bucket_index,
        min(bucket_lower_ms) as bucket_lower_ms,
        case when bool_and(bucket_upper_ms is not null) then max(bucket_upper_ms) end as bucket_upper_ms,
        cast(sum(weight) as decimal(38, 6)) as weight,
        cast(sum(observed) as decimal(38, 6)) as observed,
        cast(coalesce(sum(weight) filter (where is_failed), 0) as decimal(38, 6)) as failed_weight,
        max(longest_ms) as longest_ms,
        max(slo_target_ms) as slo_target_ms,
        -- A latency, or all of a bucket, kept the target or did not; in a bucket around the target nobody can tell.
        cast(
            coalesce(sum(weight) filter (where not is_failed and at_most_ms <= slo_target_ms), 0) as decimal(38, 6)
        ) as good_weight,
        coalesce(
            bool_or(
                not is_failed
                and at_least_ms < slo_target_ms
                and (at_most_ms is null or at_most_ms > slo_target_ms)
            ), false
        ) as is_around_target

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
        source_name,
        bucket_scale,
        bucket_index

)

select * from summed
