{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_reviews()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days(days_of_new_reviews()) %}

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

lineage as (

    select *
    from {{ ref('int_step_lineage') }}
    where {{ in_days('span_date', days) }}

),

tool_calls as (

    select *
    from {{ ref('int_tool_calls') }}
    where {{ in_days('usage_date', days) }}

),

reviews as (

    select *
    from {{ ref('int_reviews') }}
    where {{ in_days('usage_date', days) }}

),

-- What runs inside a node often names it too: the outermost span of a visit tells of it. A probe takes no steps.
nodes as (

    select
        spans.trace_id || '-' || spans.span_id as step_id,
        spans.span_date as usage_date,
        'node' as step_kind,
        spans.graph_node_id as step_name,
        context.agent_name,
        context.workflow_name,
        spans.environment,
        spans.duration_ms,
        spans.is_error as is_failed,
        cast(null as varchar) as outcome,
        lineage.is_orphan,
        lineage.is_cyclic,
        spans.sampling_weight

    from spans
    inner join lineage
        on spans.trace_id = lineage.trace_id
        and spans.span_id = lineage.span_id
    left join context
        on spans.trace_id = context.trace_id
        and spans.span_id = context.span_id
    where lineage.is_node_entry and not spans.is_synthetic

),

tools as (

    select
        tool_calls.tool_call_id as step_id,
        tool_calls.usage_date,
        'tool' as step_kind,
        coalesce(tool_calls.tool_name, tool_calls.connector_name) as step_name,
        tool_calls.agent_name,
        tool_calls.workflow_name,
        tool_calls.environment,
        tool_calls.duration_ms,
        tool_calls.is_error as is_failed,
        cast(null as varchar) as outcome,
        lineage.is_orphan,
        lineage.is_cyclic,
        tool_calls.sampling_weight

    from tool_calls
    left join lineage
        on tool_calls.trace_id = lineage.trace_id
        and tool_calls.span_id = lineage.span_id
    where not tool_calls.is_synthetic

),

checkpoints as (

    select
        review_id as step_id,
        usage_date,
        'review' as step_kind,
        span_name as step_name,
        agent_name,
        workflow_name,
        environment,
        duration_ms,
        is_failed,
        outcome,
        is_orphan,
        is_cyclic,
        sampling_weight

    from reviews

),

steps as (

    select * from nodes
    union all
    select * from tools
    union all
    select * from checkpoints

)

select
    step_id,
    usage_date,
    coalesce(agent_name, 'unknown') as agent_name,
    coalesce(workflow_name, 'unknown') as workflow_name,
    step_kind,
    coalesce(step_name, 'unknown') as step_name,
    coalesce(environment, 'unknown') as environment,
    duration_ms,
    is_failed,
    outcome,
    is_orphan,
    is_cyclic,
    sampling_weight,
    {{ bucket_index('duration_ms', span_bucket_scale()) }} as bucket_index

from steps
order by usage_date
