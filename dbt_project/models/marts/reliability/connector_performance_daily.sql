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

measures as (

    select *
    from {{ ref('int_connector_measures') }}
    where {{ in_days('usage_date', days) }}

),

buckets as (

    select
        usage_date,
        tenant_id,
        connector_name,
        environment,
        at_least_ms,
        latency_ms,
        sum(cast(calls as decimal(28, 6))) as calls,
        sum(cast(observed_calls as decimal(28, 6))) as observed_calls,
        sum(cast(failed_calls as decimal(28, 6))) as failed_calls,
        sum(cast(policy_denials as decimal(28, 6))) as policy_denials,
        sum(cast(timed as decimal(28, 6))) as timed

    from measures
    group by usage_date, tenant_id, connector_name, environment, at_least_ms, latency_ms

),

ranked as (

    select
        *,
        sum(timed) over (a_day order by at_least_ms nulls last, latency_ms nulls first) as reached,
        sum(timed) over (a_day) as total_timed

    from buckets
    window a_day as (partition by usage_date, tenant_id, connector_name, environment)

)

-- The latency of the first bucket that reaches the share; null where that is unknown.
select
    usage_date,
    tenant_id,
    connector_name,
    environment,
    cast(sum(calls) as double) as calls,
    cast(sum(observed_calls) as bigint) as observed_calls,
    cast(sum(failed_calls) as double) as failed_calls,
    cast(sum(policy_denials) as double) as policy_denials,
    cast(
        arg_min_null(latency_ms, reached) filter (where timed > 0 and reached >= 0.50 * total_timed) as double
    ) as p50_ms,
    cast(
        arg_min_null(latency_ms, reached) filter (where timed > 0 and reached >= 0.95 * total_timed) as double
    ) as p95_ms,
    cast(
        arg_min_null(latency_ms, reached) filter (where timed > 0 and reached >= 0.99 * total_timed) as double
    ) as p99_ms

from ranked
group by usage_date, tenant_id, connector_name, environment
order by usage_date
