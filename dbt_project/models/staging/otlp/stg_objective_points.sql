-- Metric data points that tell how services kept their objectives, and of connectors' calls.
with

points as (

    select
        *,
        case metric_name
            when 'vault.operation.within_target' then 'vault_throughput'
            when 'eventbus.delivery.lag' then 'event_bus_lag'
            when 'gen_ai.invoke_agent.duration' then 'summarization_latency'
            when 'rag.retrieval.judged' then 'rag_hit_rate'
            when 'notification.deliveries' then 'notification_success'
            when 'connector.call.duration' then 'connector_call'
        end as measure,
        {{ map_text('attributes', 'notification.status') }} as notification_status

    from {{ source('bronze', 'metric_points') }}

)

select
    event_date as metric_date,
    measure,
    metric_name,
    scope_name,
    attributes,
    resource_attributes,
    {{ map_text('resource_attributes', 'service.name') }} as service_name,
    coalesce(
        {{ map_text('resource_attributes', 'deployment.environment.name') }},
        {{ map_text('resource_attributes', 'deployment.environment') }}
    ) as environment,
    coalesce(
        {{ map_text('attributes', 'tenant.id') }},
        {{ map_text('resource_attributes', 'tenant.id') }}
    ) as tenant_id,
    coalesce(
        {{ map_text('attributes', 'connector.name') }},
        {{ map_text('attributes', 'mcp.server.name') }},
        {{ map_text('attributes', 'gen_ai.tool.name') }}
    ) as connector_name,
    {{ map_text('attributes', 'error.type') }} as error_type,
    case measure
        when 'vault_throughput' then try_cast({{ map_text('attributes', 'slo.good') }} as boolean)
        when 'rag_hit_rate' then try_cast({{ map_text('attributes', 'rag.hit') }} as boolean)
        when 'notification_success'
            then case notification_status when 'delivered' then true when 'failed' then false end
    end as is_success,
    metric_type,
    aggregation_temporality,
    aggregation_temporality = 'DELTA' as is_delta,
    nullif(start_time_unix_nano, 0) as start_time_unix_nano,
    time_unix_nano,
    coalesce(cast(value_int as double), value_double, cast(count as double)) as value,
    case when unit = 'ms' then 1 else 1000 end as milliseconds_per_unit,
    case when metric_type = 'histogram' then explicit_bounds end as explicit_bounds,
    case when metric_type = 'histogram' then bucket_counts end as bucket_counts,
    record_digest,
    load_id

from points
where
    measure is not null
    and time_unix_nano is not null
    and (metric_type in ('histogram', 'exponential_histogram') or (metric_type = 'sum' and is_monotonic))
    and (measure != 'summarization_latency' or {{ map_text('attributes', 'agent.task') }} = 'summarization')
    and (measure != 'notification_success' or notification_status is distinct from 'suppressed')
