{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days() %}

with

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

runs as (

    select
        spans.trace_id || '-' || spans.span_id as run_id,
        spans.trace_id,
        spans.span_id,
        spans.parent_span_id,
        spans.span_date as usage_date,
        spans.started_at,
        spans.ended_at,
        spans.duration_ms,
        spans.service_name,
        spans.service_version,
        spans.environment,
        context.tenant_id,
        context.entitlement_tier,
        context.agent_name,
        context.workflow_id,
        context.workflow_name,
        spans.session_id,
        spans.operation_name,
        spans.agent_task,
        spans.agent_outcome,
        spans.error_type,
        spans.is_error,
        spans.is_synthetic,
        spans.sampling_weight,
        spans.is_sampling_known,
        spans.load_id

    from spans
    left join context
        on spans.trace_id = context.trace_id
        and spans.span_id = context.span_id
    where spans.operation_name in ('invoke_agent', 'invoke_workflow')

)

select * from runs
order by usage_date
