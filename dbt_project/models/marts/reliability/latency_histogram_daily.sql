{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_tenant_states() + days_of_new_latency_metrics()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

with

buckets as (

    select *
    from {{ ref('int_latency_buckets') }}
    where
        {{ in_days('usage_date', affected_days(days_of_new_tenant_states() + days_of_new_latency_metrics())) }}
        and bucket_scale is not null

)

select
    usage_date,
    tenant_id,
    entitlement_tier,
    service_name,
    agent_name,
    workflow_name,
    operation_name,
    model,
    environment,
    metric_name,
    bucket_scale,
    bucket_index,
    bucket_lower_ms,
    bucket_upper_ms,
    cast(weight as double) as weight

from buckets
order by usage_date
