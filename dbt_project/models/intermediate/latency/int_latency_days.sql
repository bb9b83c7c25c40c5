{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['series_id', 'usage_date'],
        pre_hook="{{ delete_days_near_removals('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- New points change what their series counted on their day, and on the next one on which it has any.
{%- set new_days = days_of_new_latency_points() %}
with

new_points as (

    select
        series_id,
        usage_date,
        load_id

    from {{ ref('int_latency_points') }}
    where {{ is_new_or_beside_removals('load_id', 'usage_date') }} and {{ in_days('usage_date', new_days) }}

),

touched as (

    select
        series_id,
        usage_date

    from new_points
    group by series_id, usage_date

),

run as (

    select greatest(max(load_id), {{ newest_removal() }}) as load_id from new_points

),

days as (

    select
        points.series_id,
        points.usage_date,
        points.record_digest as last_digest

    from {{ ref('int_latency_points') }} as points
    inner join touched
        on points.series_id = touched.series_id
        and points.usage_date = touched.usage_date
    where {{ in_days('points.usage_date', new_days) }}
    qualify row_number() over (
        partition by points.series_id, points.usage_date
        order by points.time_unix_nano desc, points.record_digest desc
    ) = 1

),

all_days as (

    select
        series_id,
        usage_date,
        last_digest,
        true as is_touched

    from days
    {% if is_incremental() -%}
    union all
    select
        known.series_id,
        known.usage_date,
        known.last_digest,
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
        series_id,
        usage_date,
        last_digest,
        is_touched,
        lag(usage_date) over a_series as earlier_date,
        lag(last_digest) over a_series as earlier_digest,
        lag(is_touched) over a_series as follows_touched

    from all_days
    window a_series as (partition by series_id order by usage_date)

)

select
    compared.series_id,
    compared.usage_date,
    compared.last_digest,
    compared.earlier_date,
    compared.earlier_digest,
    run.load_id

from compared
cross join run
where compared.is_touched or compared.follows_touched
