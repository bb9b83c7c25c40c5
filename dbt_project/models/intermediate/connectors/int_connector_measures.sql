{{ config(materialized='view') }}

-- What each attempt at a connector's call, and each bucket of a metric that counts, adds to the daily numbers.
with

calls as (

    select * from {{ ref('int_connector_calls') }}

),

metric_days as (

    select *
    from {{ ref('int_objective_metric_days') }}
    where measure = 'connector_call'

),

-- Metrics count where neither spans nor events tell of the connector.
finer as (

    select
        usage_date,
        connector_name,
        service_name

    from calls
    group by usage_date, connector_name, service_name

),

metered as (

    select
        metric_days.*,
        lag(metric_days.upper_bound_ms, 1, 0) over (
            partition by metric_days.series_id, metric_days.usage_date
            order by metric_days.upper_bound_ms nulls last
        ) as lower_bound_ms

    from metric_days
    left join finer
        on metric_days.usage_date = finer.usage_date
        and metric_days.connector_name is not distinct from finer.connector_name
        and (finer.service_name is null or metric_days.service_name is not distinct from finer.service_name)
    where finer.usage_date is null

),

-- What is above the last bound took at least that long. What is below the first took anything down to nothing: its
-- latency is unknown, and so is a quantile that falls there.
counted as (

    select
        usage_date,
        coalesce(tenant_id, 'unknown') as tenant_id,
        coalesce(connector_name, 'unknown') as connector_name,
        coalesce(environment, 'unknown') as environment,
        case when is_last_attempt then weight else 0 end as calls,
        case when is_last_attempt then 1 else 0 end as observed_calls,
        case when is_last_attempt and is_failed then weight else 0 end as failed_calls,
        case when is_last_attempt and is_policy_denied then weight else 0 end as policy_denials,
        case when bucket_index is not null then weight else 0 end as timed,
        {{ bucket_lower('bucket_index', span_bucket_scale()) }} as at_least_ms,
        {{ bucket_estimate(
            bucket_lower('bucket_index', span_bucket_scale()), bucket_upper('bucket_index', span_bucket_scale())
        ) }} as latency_ms

    from calls

    union all

    select
        usage_date,
        coalesce(tenant_id, 'unknown') as tenant_id,
        coalesce(connector_name, 'unknown') as connector_name,
        coalesce(environment, 'unknown') as environment,
        increase as calls,
        increase as observed_calls,
        case when error_type is not null then increase else 0 end as failed_calls,
        case when error_type = 'policy_denied' then increase else 0 end as policy_denials,
        case when is_bucket then increase else 0 end as timed,
        case when is_bucket then cast(lower_bound_ms as double) end as at_least_ms,
        case
            when lower_bound_ms = 0 and coalesce(upper_bound_ms, 1) != 0 then null
            when is_bucket and upper_bound_ms is null then cast(lower_bound_ms as double)
            when is_bucket
                then {{ bucket_estimate('cast(lower_bound_ms as double)', 'cast(upper_bound_ms as double)') }}
        end as latency_ms

    from metered
    where increase > 0

)

select * from counted
