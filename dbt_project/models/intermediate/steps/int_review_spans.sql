{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_touched_traces() }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = touched_trace_days() %}

with

spans as (

    select *
    from {{ ref('int_spans') }}
    where
        {{ in_days('span_date', days) }}
        and {{ is_touched_trace('trace_id') }}

),

context as (

    select *
    from {{ ref('int_span_context') }}
    where
        {{ in_days('span_date', days) }}
        and {{ is_touched_trace('trace_id') }}

),

lineage as (

    select *
    from {{ ref('int_step_lineage') }}
    where
        {{ in_days('span_date', days) }}
        and {{ is_touched_trace('trace_id') }}

)

select
    spans.review_id,
    spans.trace_id,
    spans.span_id,
    spans.span_date,
    spans.span_name,
    spans.environment,
    context.tenant_id,
    context.agent_name,
    context.workflow_name,
    spans.review_outcome,
    spans.end_time_unix_nano,
    spans.duration_ms,
    spans.is_error,
    spans.sampling_weight,
    lineage.is_orphan,
    lineage.is_cyclic,
    spans.record_digest

from spans
left join context
    on spans.trace_id = context.trace_id
    and spans.span_id = context.span_id
left join lineage
    on spans.trace_id = lineage.trace_id
    and spans.span_id = lineage.span_id
where spans.review_id is not null and not spans.is_synthetic
