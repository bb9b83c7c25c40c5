{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_removed_records() }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- Points of histograms that tell latencies, each once: copies of a point are alike in everything that counts.
with

latency_metrics as (

    select * from {{ ref('latency_metrics') }}

),

aliases as (

    select * from {{ ref('attribute_aliases') }}
    where signal in ('any', 'metric')

),

operation_names as (

    select * from {{ ref('operation_names') }}

),

points as (

    select
        points.*,
        latency_metrics.metric_name as measured,
        latency_metrics.rank,
        latency_metrics.operation_name as metric_operation_name,
        coalesce(nullif(points.unit, ''), latency_metrics.unit) as time_unit

    from {{ ref('stg_metric_points') }} as points
    inner join latency_metrics
        on points.metric_name = latency_metrics.metric
        and points.occurred_at >= latency_metrics.valid_from
        and (latency_metrics.valid_to is null or points.occurred_at < latency_metrics.valid_to)
    where
        points.load_id > {{ read_up_to() }}
        and points.metric_date is not null
        and points.time_unix_nano is not null
        and points.metric_type in ('histogram', 'exponential_histogram')
        -- A unit of no time tells no latency.
        and coalesce(nullif(points.unit, ''), latency_metrics.unit) in ('s', 'ms', 'us', 'ns')
        and {{ counter_value('points.count') }} is not null
        -- Beyond what the OpenTelemetry SDK specification lets a histogram grow to.
        and coalesce(points.scale, 0) between -10 and 20
    qualify row_number() over (partition by points.record_digest order by points.load_id) = 1

),

entries as (

    select
        record_digest,
        occurred_at as started_at,
        0 as origin,
        {{ unnest_map('attributes') }}

    from points

    union all

    select
        record_digest,
        occurred_at as started_at,
        1 as origin,
        {{ unnest_map('resource_attributes') }}

    from points

),

matched as (

    select
        entries.record_digest,
        aliases.canonical_name,
        entries.origin * 1000 + aliases.priority as priority,
        {{ aliased_value() }} as value

    from entries
    inner join aliases
        on {{ alias_is_in_force() }}

),

named as (

    select
        record_digest,
        {{ canonical('service_name') }} as service_name,
        {{ canonical('environment') }} as environment,
        {{ canonical('tenant_id') }} as tenant_id,
        {{ canonical('entitlement_tier') }} as entitlement_tier,
        {{ canonical('agent_name') }} as agent_name,
        {{ canonical('workflow_name') }} as workflow_name,
        {{ canonical('request_model') }} as request_model,
        {{ canonical('response_model') }} as response_model,
        {{ canonical('operation') }} as operation,
        {{ canonical('error_type') }} as error_type

    from matched
    where value != ''
    group by record_digest

),

described as (

    select
        points.record_digest,
        {{ series_id('points', ['points.time_unit', 'cast(points.explicit_bounds as varchar)']) }} as series_id,
        -- What was counted up to midnight was counted on the day that ended.
        {{ utc_day('points.time_unix_nano - 1') }} as usage_date,
        points.metric_name || ', ' || points.time_unit as source_name,
        points.rank,
        points.measured as metric_name,
        coalesce(named.service_name, 'unknown') as service_name,
        coalesce(named.environment, 'unknown') as environment,
        named.tenant_id,
        named.entitlement_tier,
        coalesce(named.agent_name, 'unknown') as agent_name,
        coalesce(named.workflow_name, 'unknown') as workflow_name,
        coalesce(named.response_model, named.request_model, 'unknown') as model,
        coalesce(
            operation_names.operation_name, lower(named.operation), points.metric_operation_name, 'unknown'
        ) as operation_name,
        named.error_type is not null as is_failed,
        points.aggregation_temporality = 'DELTA' as is_delta,
        nullif(points.start_time_unix_nano, 0) as start_time_unix_nano,
        points.time_unix_nano,
        case points.time_unit
            when 's' then cast(1000 as double)
            when 'ms' then 1
            when 'us' then 0.001
            when 'ns' then 0.000001
        end as ms_per_unit,
        {{ counter_value('points.count') }} as observations,
        points.scale,
        points.zero_count,
        points.zero_threshold,
        points.positive_offset,
        points.positive_bucket_counts,
        coalesce({{ list_total('points.negative_bucket_counts') }} > 0, false) as has_negative,
        case when points.metric_type = 'histogram' then points.explicit_bounds end as explicit_bounds,
        points.bucket_counts,
        points.load_id

    from points
    left join named
        on points.record_digest = named.record_digest
    left join operation_names
        on lower(named.operation) = operation_names.alias

)

select *
from described
{% if is_incremental() -%}
    where record_digest not in (
        select record_digest from {{ this }}
        where {{ near_days('usage_date', new_metric_days()) }}
    )
{%- endif %}
