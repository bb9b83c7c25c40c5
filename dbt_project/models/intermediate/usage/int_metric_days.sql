{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['series_id', 'usage_date'],
        pre_hook="{{ delete_days_near_removals('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- Cumulative series are told again at every export: what counts is how much they grew. New points change their day,
-- and the next one on which their series has any.
{%- set new_days = days_of_new_points() %}
with

touched as (

    select
        series_id,
        usage_date

    from {{ ref('int_metric_points') }}
    where {{ is_new_or_beside_removals('load_id', 'usage_date') }} and {{ in_days('usage_date', new_days) }}
    group by series_id, usage_date

),

run as (

    select greatest(max(load_id), {{ newest_removal() }}) as load_id from {{ ref('int_metric_points') }}
    where load_id > {{ read_up_to() }} and {{ in_days('usage_date', new_days) }}

),

points as (

    select points.*
    from {{ ref('int_metric_points') }} as points
    inner join touched
        on points.series_id = touched.series_id
        and points.usage_date = touched.usage_date
    where {{ in_days('points.usage_date', new_days) }}

),

followed as (

    select
        *,
        lag(value) over a_day as earlier_value,
        lag(observations) over a_day as earlier_observations,
        row_number() over a_day as point_number

    from points
    window a_day as (partition by series_id, usage_date order by time_unix_nano, record_digest)

),

-- Within a day. The first point of a cumulative series grew since the day before, if at all.
days as (

    select
        series_id,
        usage_date,
        min_by(value, point_number) as first_value,
        min_by(observations, point_number) as first_observations,
        max_by(value, point_number) as last_value,
        max_by(observations, point_number) as last_observations,
        min(start_time_unix_nano) as start_time_unix_nano,
        sum(
            case
                when is_delta then value
                when point_number = 1 then 0
                else {{ increase_since('value', 'earlier_value') }}
            end
        ) as value_within,
        sum(
            case
                when is_delta then observations
                when point_number = 1 then 0 * observations
                else {{ increase_since('observations', 'earlier_observations') }}
            end
        ) as observations_within

    from followed
    group by series_id, usage_date

),

described as (

    select
        days.*,
        followed.* exclude (
            series_id,
            usage_date,
            record_digest,
            start_time_unix_nano,
            time_unix_nano,
            value,
            observations,
            earlier_value,
            earlier_observations,
            point_number,
            load_id
        ),
        true as is_touched

    from days
    inner join followed
        on days.series_id = followed.series_id
        and days.usage_date = followed.usage_date
        and followed.point_number = 1

),

all_days as (

    select * from described
    {% if is_incremental() -%}
    union all by name
    select
        known.* exclude (value_increase, observations_increase, load_id),
        false as is_touched

    from {{ this }} as known
    left join touched
        on known.series_id = touched.series_id
        and known.usage_date = touched.usage_date
    where touched.series_id is null and known.series_id in (select series_id from touched)
    {%- endif %}

),

compared as (

    select
        *,
        lag(series_id) over a_series is null as is_first,
        lag(is_touched) over a_series as follows_touched,
        lag(last_value) over a_series as earlier_value,
        lag(last_observations) over a_series as earlier_observations

    from all_days
    window a_series as (partition by series_id order by usage_date)

)

select
    compared.* exclude (is_touched, is_first, follows_touched, earlier_value, earlier_observations),
    value_within + case
        when is_delta then 0
        when is_first then {{ increase_since_start('first_value', 'start_time_unix_nano') }}
        else {{ increase_since('first_value', 'earlier_value') }}
    end as value_increase,
    observations_within + case
        when is_delta then 0
        when is_first then {{ increase_since_start('first_observations', 'start_time_unix_nano') }}
        else {{ increase_since('first_observations', 'earlier_observations') }}
    end as observations_increase,
    run.load_id

from compared
cross join run
where is_touched or follows_touched
