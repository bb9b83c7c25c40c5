{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_tenant_states()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days(days_of_new_tenant_states()) %}

with

calls as (

    select *
    from {{ ref('int_tiered_calls') }}
    where {{ in_days('usage_date', days) }}

),

spans as (

    select *
    from {{ ref('int_spans') }}
    where {{ in_days('span_date', days) }}

),

context as (

    select *
    from {{ ref('int_span_context') }}
    where {{ in_days('span_date', days) }}

),

-- What stands around the calls. A probe's operations are not a tenant's.
other_operations as (

    select
        spans.* exclude (tenant_id, entitlement_tier, agent_name, workflow_name),
        spans.trace_id || '-' || spans.span_id as operation_id,
        context.tenant_id,
        context.entitlement_tier,
        context.agent_name,
        context.workflow_name

    from spans
    left join context
        on spans.trace_id = context.trace_id
        and spans.span_id = context.span_id
    where
        spans.operation_name
        in ('create_agent', 'invoke_agent', 'invoke_workflow', 'plan', 'execute_tool', 'retrieval')
        and not spans.is_synthetic

),

tiered_operations as (

    {{ with_tier_in_force('other_operations', 'entitlement_tier') }}

),

-- A run that alone reports its calls' usage is a call already.
operations as (

    select
        call_id as operation_id,
        usage_date,
        tenant_id,
        entitlement_tier,
        service_name,
        agent_name,
        workflow_name,
        operation_name,
        model,
        environment,
        duration_ms,
        time_to_first_token_ms,
        is_failed,
        sampling_weight,
        is_sampling_known

    from calls
    union all
    select
        operations.operation_id,
        operations.span_date as usage_date,
        operations.tenant_id,
        operations.tier_in_force as entitlement_tier,
        operations.service_name,
        operations.agent_name,
        operations.workflow_name,
        operations.operation_name,
        coalesce(operations.response_model, operations.request_model) as model,
        operations.environment,
        operations.duration_ms,
        operations.time_to_first_token_ms,
        operations.is_error as is_failed,
        operations.sampling_weight,
        operations.is_sampling_known

    from tiered_operations as operations
    left join calls
        on operations.operation_id = calls.call_id
    where calls.call_id is null

),

timings as (

    select
        *,
        'duration' as metric_name,
        duration_ms as latency_ms

    from operations
    union all
    select
        *,
        'time_to_first_token' as metric_name,
        time_to_first_token_ms as latency_ms

    from operations

)

select
    operation_id,
    metric_name,
    usage_date,
    coalesce(tenant_id, 'unknown') as tenant_id,
    entitlement_tier,
    coalesce(service_name, 'unknown') as service_name,
    coalesce(agent_name, 'unknown') as agent_name,
    coalesce(workflow_name, 'unknown') as workflow_name,
    coalesce(operation_name, 'unknown') as operation_name,
    coalesce(model, 'unknown') as model,
    coalesce(environment, 'unknown') as environment,
    latency_ms,
    is_failed,
    sampling_weight,
    is_sampling_known,
    {{ bucket_index('latency_ms', span_bucket_scale()) }} as bucket_index

from timings
-- A negative latency is a data error: it is in no bucket, and a test names it.
where latency_ms >= 0 and usage_date is not null
order by usage_date
