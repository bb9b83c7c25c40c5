{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_windows('usage_date', days_of_new_slo_measures()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = days_of_windows(affected_days(days_of_new_slo_measures())) %}
with

sources as (

    select *
    from {{ ref('int_slo_sources') }}
    where
        is_counted
        and {{ in_days('usage_date', days_before(days)) }}

),

slo_targets as (

    select * from {{ ref('slo_targets') }}

),

-- Good is known where every service's is.
totals as (

    select
        usage_date,
        slo_name,
        environment,
        case when count(good) = count(*) then sum(good) end as good,
        sum(total) as total,
        case when count(good) = count(*) then sum(observed_good) end as observed_good,
        sum(observed_total) as observed_total,
        sum(unknown_events) as unknown_events

    from sources
    group by usage_date, slo_name, environment
    having sum(total) > 0

),

-- The target of the environment itself comes before the one for any.
targeted as (

    select
        totals.*,
        targets.target,
        targets.window_days

    from totals
    left join slo_targets as targets
        on totals.slo_name = targets.slo_name
        and targets.environment in (totals.environment, '*')
        and totals.usage_date >= targets.valid_from
        and (targets.valid_to is null or totals.usage_date < targets.valid_to)
    where {{ in_days('totals.usage_date', days) }}
    qualify row_number() over (
        partition by totals.usage_date, totals.slo_name, totals.environment
        order by targets.environment = '*'
    ) = 1

),

-- Days of which nobody knows how many were good say nothing of the window.
windows as (

    select
        targeted.usage_date,
        targeted.slo_name,
        targeted.environment,
        sum(totals.good) as good,
        sum(totals.total) as total

    from targeted
    inner join totals
        on targeted.slo_name = totals.slo_name
        and targeted.environment = totals.environment
        and targeted.usage_date >= totals.usage_date
        and targeted.usage_date - targeted.window_days < totals.usage_date
    where totals.good is not null
    group by targeted.usage_date, targeted.slo_name, targeted.environment

),

-- An objective without any allowed failure has no budget to burn.
burnt as (

    select
        targeted.*,
        (targeted.total - targeted.good) / (targeted.total * nullif(1 - targeted.target, 0)) as burn_rate_1d,
        (windows.total - windows.good) / (windows.total * nullif(1 - targeted.target, 0)) as burn_rate_window

    from targeted
    left join windows
        on targeted.usage_date = windows.usage_date
        and targeted.slo_name = windows.slo_name
        and targeted.environment = windows.environment

)

select
    usage_date,
    slo_name,
    environment,
    cast(good as double) as good,
    cast(total as double) as total,
    cast(observed_good as bigint) as observed_good,
    cast(observed_total as bigint) as observed_total,
    cast(unknown_events as bigint) as unknown_events,
    cast(good / total as double) as sli,
    cast(target as double) as target,
    cast(window_days as integer) as window_days,
    cast(1 - burn_rate_window as double) as error_budget_remaining,
    cast(burn_rate_1d as double) as burn_rate_1d,
    cast(burn_rate_window as double) as burn_rate_window

from burnt
