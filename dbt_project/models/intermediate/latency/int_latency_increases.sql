{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook=["{{ delete_changed_latency_days() }}", "{{ delete_days_near_removals('usage_date') }}"],
        post_hook="{{ remember_read() }}",
    )
}}

-- Cumulative histograms are told again at every export: what counts is how much each bucket grew.
with

days as (

    select * from {{ ref('int_latency_days') }}
    where load_id > {{ read_up_to() }} and {{ in_days('usage_date', changed_latency_days()) }}

),

known_points as (

    select * from {{ ref('int_latency_points') }}
    where {{ in_days('usage_date', changed_latency_days_and_earlier()) }}

),

points as (

    select
        known_points.*,
        coalesce(
            lag(known_points.record_digest) over (
                partition by known_points.series_id, known_points.usage_date
                order by known_points.time_unix_nano, known_points.record_digest
            ),
            days.earlier_digest
        ) as earlier_digest

    from known_points
    inner join days
        on known_points.series_id = days.series_id
        and known_points.usage_date = days.usage_date

),

-- A cumulative point continues the one before. The first of all tells everything since its start; where that is
-- unknown, it tells nothing.
compared as (

    select
        points.* exclude (earlier_digest),
        case when not points.is_delta then earlier.record_digest end as continued_digest,
        case when continued_digest is not null then least(points.scale, earlier.scale) else points.scale end
            as coarser_scale

    from points
    left join known_points as earlier
        on points.earlier_digest = earlier.record_digest
    where points.is_delta or points.start_time_unix_nano is not null or earlier.record_digest is not null

),

-- What each point holds, and what the one that it continues held.
held as (

    select
        record_digest,
        true as is_own,
        scale,
        coarser_scale,
        zero_count,
        zero_threshold,
        positive_offset,
        positive_bucket_counts,
        explicit_bounds,
        bucket_counts,
        observations

    from compared

    union all

    select
        compared.record_digest,
        false as is_own,
        earlier.scale,
        compared.coarser_scale,
        earlier.zero_count,
        earlier.zero_threshold,
        earlier.positive_offset,
        earlier.positive_bucket_counts,
        earlier.explicit_bounds,
        earlier.bucket_counts,
        earlier.observations

    from compared
    inner join known_points as earlier
        on compared.continued_digest = earlier.record_digest

),

exponential_buckets as (

    select
        record_digest,
        is_own,
        scale,
        coarser_scale,
        positive_offset,
        {{ unnest_list('positive_bucket_counts') }}

    from held
    where explicit_bounds is null

),

explicit_buckets as (

    select
        record_digest,
        is_own,
        explicit_bounds,
        {{ unnest_list('bucket_counts') }}

    from held
    where explicit_bounds is not null

),

-- An explicit bucket is known by its position; of a histogram without buckets there is one for everything.
buckets as (

    select
        record_digest,
        is_own,
        coarser_scale as bucket_scale,
        {{ merged_bucket_index('positive_offset + position - 1', 'scale', 'coarser_scale') }} as bucket_index,
        cast(null as double) as lower_bound,
        cast(null as double) as upper_bound,
        {{ counter_value('value') }} as weight

    from exponential_buckets
    where value > 0 and (positive_offset + position) / power(2, scale) between -1000 and 1000

    union all

    select
        record_digest,
        is_own,
        coarser_scale as bucket_scale,
        cast({{ zero_bucket() }} as integer) as bucket_index,
        cast(0 as double) as lower_bound,
        coalesce(zero_threshold, 0) as upper_bound,
        {{ counter_value('zero_count') }} as weight

    from held
    where explicit_bounds is null and zero_count > 0

    union all

    select
        record_digest,
        is_own,
        cast(null as integer) as bucket_scale,
        cast(position as integer) as bucket_index,
        coalesce({{ list_element('explicit_bounds', 'nullif(position - 1, 0)') }}, 0) as lower_bound,
        {{ list_element('explicit_bounds', 'position') }} as upper_bound,
        {{ counter_value('value') }} as weight

    from explicit_buckets

    union all

    select
        record_digest,
        is_own,
        cast(null as integer) as bucket_scale,
        1 as bucket_index,
        cast(0 as double) as lower_bound,
        cast(null as double) as upper_bound,
        observations as weight

    from held
    where explicit_bounds is not null and {{ list_total('bucket_counts') }} is null

),

counted as (

    select
        record_digest,
        bucket_scale,
        bucket_index,
        max(lower_bound) as lower_bound,
        max(upper_bound) as upper_bound,
        coalesce(sum(weight) filter (where is_own), 0) as own_weight,
        coalesce(sum(weight) filter (where not is_own), 0) as earlier_weight

    from buckets
    group by record_digest, bucket_scale, bucket_index

),

-- A bucket that shrank began anew, and its histogram with it.
grown as (

    select
        *,
        own_weight - case
            when bool_or(own_weight < earlier_weight) over (partition by record_digest) then 0
            else earlier_weight
        end as increase

    from counted

),

increases as (

    select
        compared.series_id,
        compared.usage_date,
        compared.source_name,
        compared.rank,
        compared.metric_name,
        compared.service_name,
        compared.environment,
        compared.tenant_id,
        compared.entitlement_tier,
        compared.agent_name,
        compared.workflow_name,
        compared.model,
        compared.operation_name,
        compared.is_failed,
        compared.ms_per_unit,
        cast(grown.bucket_scale as integer) as bucket_scale,
        cast(grown.bucket_index as integer) as bucket_index,
        max(grown.lower_bound) as lower_bound,
        max(grown.upper_bound) as upper_bound,
        cast(sum(grown.increase) as decimal(38, 6)) as weight

    from grown
    inner join compared
        on grown.record_digest = compared.record_digest
    group by all

)

select
    * exclude (lower_bound, upper_bound, ms_per_unit),
    ms_per_unit * coalesce(lower_bound, {{ bucket_lower('bucket_index', 'bucket_scale') }}) as bucket_lower_ms,
    ms_per_unit * case
        when lower_bound is not null then upper_bound
        else {{ bucket_upper('bucket_index', 'bucket_scale') }}
    end as bucket_upper_ms

from increases
-- An empty explicit bucket still says where its bounds are.
where weight > 0 or bucket_scale is null
