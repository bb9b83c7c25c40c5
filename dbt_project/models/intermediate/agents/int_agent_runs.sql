{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

with

spans as (

    select *
    from {{ ref('int_spans') }}
    where {{ in_days('span_date', affected_days()) }}

),

runs as (

    select
        trace_id || '-' || span_id as run_id,
        trace_id,
        span_id,
        parent_span_id,
        span_date as usage_date,
        started_at,
        ended_at,
        duration_ms,
        service_name,
        service_version,
        environment,
        tenant_id,
        entitlement_tier,
        agent_name,
        workflow_id,
        workflow_name,
        session_id,
        operation_name,
        agent_task,
        agent_outcome,
        error_type,
        is_error,
        is_synthetic,
        sampling_weight,
        is_sampling_known,
        load_id

    from spans
    where operation_name in ('invoke_agent', 'invoke_workflow')

)

select * from runs
