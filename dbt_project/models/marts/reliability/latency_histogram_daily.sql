{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_tenant_states()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

with

operations as (

    select *
    from {{ ref('int_timed_operations') }}
    where {{ in_days('usage_date', affected_days(days_of_new_tenant_states())) }}

),

buckets as (

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
        cast({{ span_bucket_scale() }} as integer) as bucket_scale,
        bucket_index,
        cast(sum(sampling_weight) as double) as weight

    from operations
    group by
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
        bucket_index

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
    {{ bucket_lower_ms('bucket_index', 'bucket_scale') }} as bucket_lower_ms,
    {{ bucket_upper_ms('bucket_index', 'bucket_scale') }} as bucket_upper_ms,
    weight

from buckets
