{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_slo_measures()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- What spans and metrics say of a service's objective on a day, and which of the two counts.
{%- set days = affected_days(days_of_new_slo_measures()) %}
with

events as (

    select *
    from {{ ref('int_slo_events') }}
    where {{ in_days('usage_date', days) }}

),

metric_days as (

    select *
    from {{ ref('int_objective_metric_days') }}
    where
        measure != 'connector_call'
        and {{ in_days('usage_date', days) }}

),

slo_targets as (

    select * from {{ ref('slo_targets') }}

),

told_by_spans as (

    select
        usage_date,
        slo_name,
        coalesce(service_name, 'unknown') as service_name,
        coalesce(environment, 'unknown') as environment,
        'spans' as source_name,
        coalesce(sum(sampling_weight) filter (where is_good), 0) as good,
        coalesce(sum(sampling_weight) filter (where is_good is not null), 0) as total,
        count(*) filter (where is_good) as observed_good,
        count(*) filter (where is_good is not null) as observed_total,
        count(*) filter (where is_good is null) as unknown_events,
        bool_and(is_sampling_known) as is_sampling_known

    from events
    group by usage_date, slo_name, coalesce(service_name, 'unknown'), coalesce(environment, 'unknown')

),

-- The target of the environment itself comes before the one for any.
targeted as (

    select
        metric_days.*,
        targets.threshold

    from metric_days
    left join slo_targets as targets
        on metric_days.measure = targets.slo_name
        and targets.environment in (metric_days.environment, '*')
        and metric_days.usage_date >= targets.valid_from
        and (targets.valid_to is null or metric_days.usage_date < targets.valid_to)
    qualify row_number() over (
        partition by metric_days.bucket_id, metric_days.usage_date
        order by targets.environment = '*'
    ) = 1

),

bounded as (

    select
        *,
        coalesce(bool_or(upper_bound_ms = threshold) over (partition by series_id, usage_date), false)
            as is_threshold_a_bound

    from targeted

),

-- Between two bounds nobody knows which were good.
judged as (

    select
        *,
        case
            when measure not in ('event_bus_lag', 'summarization_latency') then is_success
            when measure = 'summarization_latency' and error_type is not null then false
            when is_bucket and is_threshold_a_bound then coalesce(upper_bound_ms <= threshold, false)
        end as is_good

    from bounded

),

told_by_metrics as (

    select
        usage_date,
        measure as slo_name,
        coalesce(service_name, 'unknown') as service_name,
        coalesce(environment, 'unknown') as environment,
        'metrics' as source_name,
        case
            when not bool_or(is_good is null and increase != 0)
                then coalesce(sum(increase) filter (where is_good), 0)
        end as good,
        sum(increase) as total

    from judged
    group by usage_date, measure, coalesce(service_name, 'unknown'), coalesce(environment, 'unknown')

),

told as (

    select
        usage_date,
        slo_name,
        service_name,
        environment,
        source_name,
        cast(good as decimal(28, 6)) as good,
        cast(total as decimal(28, 6)) as total,
        cast(observed_good as bigint) as observed_good,
        cast(observed_total as bigint) as observed_total,
        cast(unknown_events as bigint) as unknown_events,
        is_sampling_known

    from told_by_spans

    union all

    select
        usage_date,
        slo_name,
        service_name,
        environment,
        source_name,
        cast(good as decimal(28, 6)) as good,
        cast(total as decimal(28, 6)) as total,
        cast(good as bigint) as observed_good,
        cast(total as bigint) as observed_total,
        cast(0 as bigint) as unknown_events,
        true as is_sampling_known

    from told_by_metrics
    where total > 0

),

by_source as (

    select
        usage_date,
        slo_name,
        service_name,
        sum(total) filter (where source_name = 'spans') as span_total,
        coalesce(sum(unknown_events) filter (where source_name = 'spans'), 0) as span_unknown,
        coalesce(bool_and(is_sampling_known) filter (where source_name = 'spans'), true) as is_sampling_known,
        sum(total) filter (where source_name = 'metrics') as metric_total,
        coalesce(bool_and(good is not null) filter (where source_name = 'metrics'), false) as is_metric_complete

    from told
    group by usage_date, slo_name, service_name

),

-- Spans are finer and count, unless they have gaps (events that nobody can judge, a sample of unknown rate) and
-- metrics that tell how many were good saw more than a twentieth more.
chosen as (

    select
        usage_date,
        slo_name,
        service_name,
        case
            when coalesce(span_total, 0) = 0 and metric_total is not null then 'metrics'
            when
                is_metric_complete
                and (span_unknown > 0 or not is_sampling_known)
                and metric_total > {{ a_twentieth_more('span_total') }}
                then 'metrics'
            else 'spans'
        end as source_name

    from by_source

)

select
    told.*,
    told.source_name = chosen.source_name as is_counted

from told
inner join chosen
    on told.usage_date = chosen.usage_date
    and told.slo_name = chosen.slo_name
    and told.service_name = chosen.service_name
