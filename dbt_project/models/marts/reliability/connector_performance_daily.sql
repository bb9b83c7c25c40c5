{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_connector_calls()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days(days_of_new_connector_calls()) %}
with

calls as (

    select *
    from {{ ref('int_connector_calls') }}
    where {{ in_days('usage_date', days) }}

),

metric_days as (

    select *
    from {{ ref('int_objective_metric_days') }}
    where
        measure = 'connector_call'
        and {{ in_days('usage_date', days) }}

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
    where
        not exists (
            select 1 from finer
            where
                finer.usage_date = metric_days.usage_date
                and finer.connector_name is not distinct from metric_days.connector_name
                and (finer.service_name is null or finer.service_name is not distinct from metric_days.service_name)
        )

),

-- What is above the last bound took at least that long.
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
        {{ bucket_estimate_ms(
            bucket_lower_ms('bucket_index', span_bucket_scale()), bucket_upper_ms('bucket_index', span_bucket_scale())
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
        case
            when is_bucket and upper_bound_ms is null then cast(lower_bound_ms as double)
            when is_bucket
                then {{ bucket_estimate_ms('cast(lower_bound_ms as double)', 'cast(upper_bound_ms as double)') }}
        end as latency_ms

    from metered
    where increase > 0

),

buckets as (

    select
        usage_date,
        tenant_id,
        connector_name,
        environment,
        latency_ms,
        sum(cast(calls as decimal(28, 6))) as calls,
        sum(cast(observed_calls as decimal(28, 6))) as observed_calls,
        sum(cast(failed_calls as decimal(28, 6))) as failed_calls,
        sum(cast(policy_denials as decimal(28, 6))) as policy_denials,
        sum(cast(timed as decimal(28, 6))) as timed

    from counted
    group by usage_date, tenant_id, connector_name, environment, latency_ms

),

ranked as (

    select
        *,
        sum(timed) over (a_day order by latency_ms nulls last) as reached,
        sum(timed) over (a_day) as total_timed

    from buckets
    window a_day as (partition by usage_date, tenant_id, connector_name, environment)

)

select
    usage_date,
    tenant_id,
    connector_name,
    environment,
    cast(sum(calls) as double) as calls,
    cast(sum(observed_calls) as bigint) as observed_calls,
    cast(sum(failed_calls) as double) as failed_calls,
    cast(sum(policy_denials) as double) as policy_denials,
    cast(min(latency_ms) filter (where timed > 0 and reached >= 0.50 * total_timed) as double) as p50_ms,
    cast(min(latency_ms) filter (where timed > 0 and reached >= 0.95 * total_timed) as double) as p95_ms,
    cast(min(latency_ms) filter (where timed > 0 and reached >= 0.99 * total_timed) as double) as p99_ms

from ranked
group by usage_date, tenant_id, connector_name, environment
