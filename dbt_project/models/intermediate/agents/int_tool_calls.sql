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

-- A connector's client span stands inside the span of the tool that uses it: one action, told by the inner span.
-- It begins on the same day or the next.
inner_calls as (

    select distinct
        trace_id,
        parent_span_id as span_id,
        span_date

    from {{ ref('int_spans') }}
    where
        connector_name is not null
        and parent_span_id is not null
        and {{ near_days('span_date', days) }}

),

told_by_inner as (

    select distinct
        spans.trace_id,
        spans.span_id

    from spans
    inner join inner_calls
        on spans.trace_id = inner_calls.trace_id
        and spans.span_id = inner_calls.span_id
        and inner_calls.span_date between spans.span_date and spans.span_date + 1

),

tool_calls as (

    select
        spans.trace_id || '-' || spans.span_id as tool_call_id,
        spans.trace_id,
        spans.span_id,
        spans.parent_span_id,
        spans.span_date as usage_date,
        spans.started_at,
        spans.ended_at,
        spans.duration_ms,
        spans.service_name,
        spans.environment,
        context.tenant_id,
        context.entitlement_tier,
        context.agent_name,
        context.workflow_id,
        context.workflow_name,
        spans.tool_name,
        spans.connector_name,
        spans.connector_operation,
        spans.connector_call_id,
        spans.retry_attempt,
        spans.error_type,
        spans.is_error,
        coalesce(spans.error_type = 'policy_denied', false) as is_policy_denied,
        spans.consent_status,
        spans.consent_purpose,
        spans.jurisdiction,
        spans.region,
        spans.data_class,
        spans.data_region,
        spans.model_region,
        spans.destination_country,
        spans.is_synthetic,
        spans.sampling_weight,
        spans.is_sampling_known,
        spans.load_id

    from spans
    left join context
        on spans.trace_id = context.trace_id
        and spans.span_id = context.span_id
    left join told_by_inner
        on spans.trace_id = told_by_inner.trace_id
        and spans.span_id = told_by_inner.span_id
    where
        (spans.operation_name = 'execute_tool' or spans.connector_name is not null)
        and (told_by_inner.span_id is null or spans.connector_call_id is not null)

)

select * from tool_calls
order by usage_date
