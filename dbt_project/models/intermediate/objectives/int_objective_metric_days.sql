{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['bucket_id', 'usage_date'],
        pre_hook="{{ delete_days_near_removals('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- Cumulative series are told again at every export: what counts is how much each bucket grew. New points change their
-- day, and the next one on which their series has any.
{%- set days = days_of_new_objective_points() %}
with

new_loads as (

    select greatest(max(load_id), {{ newest_removal() }}) as load_id
    from {{ ref('stg_objective_points') }}
    where load_id > {{ read_up_to() }}

),

points as (

    select
        *,
        {{ utc_day('time_unix_nano - 1') }} as usage_date,
        {{ series_id('points') }} as series_id

    from {{ ref('stg_objective_points') }} as points
    where {{ near_days('metric_date', days) }}
    qualify row_number() over (partition by record_digest order by load_id) = 1

),

buckets as (

    select
        points.* exclude (explicit_bounds, bucket_counts, value, attributes, resource_attributes),
        {{ unnest_buckets('explicit_bounds', 'bucket_counts', 'value') }}

    from points
    where {{ in_days('usage_date', days) }}

),

counts as (

    select
        * exclude (counted),
        series_id || coalesce(' ' || cast(upper_bound as varchar), '') as bucket_id,
        case
            when isfinite(upper_bound) then try_cast(upper_bound * milliseconds_per_unit as decimal(18, 6))
        end as upper_bound_ms,
        upper_bound is not null as is_bucket,
        {{ counter_value('counted') }} as value

    from buckets
    where {{ counter_value('counted') }} is not null

),

followed as (

    select
        *,
        lag(value) over a_day as earlier_value,
        row_number() over a_day as point_number

    from counts
    window a_day as (partition by bucket_id, usage_date order by time_unix_nano, record_digest)

),

-- Within a day. The first point of a cumulative series grew since the day before, if at all.
described as (

    select
        bucket_id,
        series_id,
        usage_date,
        measure,
        service_name,
        environment,
        tenant_id,
        connector_name,
        error_type,
        is_success,
        is_bucket,
        upper_bound_ms,
        is_delta,
        min_by(value, point_number) as first_value,
        max_by(value, point_number) as last_value,
        min(start_time_unix_nano) as start_time_unix_nano,
        sum(
            case
                when is_delta then value
                when point_number = 1 then 0
                else {{ increase_since('value', 'earlier_value') }}
            end
        ) as value_within,
        true as is_touched

    from followed
    group by all

),

all_days as (

    select * from described
    {% if is_incremental() -%}
    union all by name
    select
        known.* exclude (increase, load_id),
        false as is_touched

    from {{ this }} as known
    left join described
        on known.bucket_id = described.bucket_id
        and known.usage_date = described.usage_date
    where described.bucket_id is null and known.bucket_id in (select bucket_id from described)
    {%- endif %}

),

compared as (

    select
        *,
        lag(bucket_id) over a_series is null as is_first,
        lag(is_touched) over a_series as follows_touched,
        lag(last_value) over a_series as earlier_value

    from all_days
    window a_series as (partition by bucket_id order by usage_date)

)

select
    compared.* exclude (is_touched, is_first, follows_touched, earlier_value),
    cast(
        value_within + case
            when is_delta then 0
            when is_first then {{ increase_since_start('first_value', 'start_time_unix_nano') }}
            else {{ increase_since('first_value', 'earlier_value') }}
        end
        as decimal(28, 9)
    ) as increase,
    new_loads.load_id

from compared
cross join new_loads
where is_touched or follows_touched
