{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_touched_traces() }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- What a span does not say itself, the nearest span above it says for it.
with recursive

spans as (

    select
        trace_id,
        span_id,
        span_date,
        parent_span_id,
        tenant_id,
        entitlement_tier,
        agent_name,
        workflow_id,
        workflow_name,
        mlflow_run_id

    from {{ ref('int_spans') }}
    where
        {{ in_days('span_date', touched_trace_days()) }}
        and {{ is_touched_trace('trace_id') }}

),

-- Each span, filled from one level further up in every step. A cycle of parents ends at the depth limit.
filled as (

    select
        *,
        0 as depth

    from spans

    union all

    select
        filled.trace_id,
        filled.span_id,
        filled.span_date,
        above.parent_span_id,
        coalesce(filled.tenant_id, above.tenant_id) as tenant_id,
        coalesce(filled.entitlement_tier, above.entitlement_tier) as entitlement_tier,
        coalesce(filled.agent_name, above.agent_name) as agent_name,
        coalesce(filled.workflow_id, above.workflow_id) as workflow_id,
        coalesce(filled.workflow_name, above.workflow_name) as workflow_name,
        coalesce(filled.mlflow_run_id, above.mlflow_run_id) as mlflow_run_id,
        filled.depth + 1 as depth

    from filled
    inner join spans as above
        on filled.trace_id = above.trace_id
        and filled.parent_span_id = above.span_id
    where filled.depth < 64

)

select
    trace_id,
    span_id,
    span_date,
    tenant_id,
    entitlement_tier,
    agent_name,
    workflow_id,
    workflow_name,
    mlflow_run_id

from filled
qualify row_number() over (partition by trace_id, span_id order by depth desc) = 1
order by span_date
