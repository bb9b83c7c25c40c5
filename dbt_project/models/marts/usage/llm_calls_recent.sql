{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook=[
            "{{ delete_affected_days('usage_date', days_of_newly_linked_calls()) }}",
            "{{ delete_days_not_recent('usage_date') }}",
        ],
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days(days_of_newly_linked_calls()) %}

with

calls as (

    select *
    from {{ ref('int_recent_calls') }}
    where {{ in_days('usage_date', days) }}

),

context as (

    select
        span_date,
        trace_id,
        span_id,
        mlflow_run_id

    from {{ ref('int_span_context') }}
    where
        {{ in_days('span_date', days) }}
        and mlflow_run_id is not null

),

mlflow_traces as (

    select
        trace_id,
        max(mlflow_run_id) as mlflow_run_id

    from {{ ref('int_mlflow_traces') }}
    where trace_id is not null
    group by trace_id

),

-- The span or one above it names its run, or MLflow has the trace.
linked as (

    select
        calls.*,
        coalesce(context.mlflow_run_id, mlflow_traces.mlflow_run_id) as mlflow_run_id

    from calls
    left join mlflow_traces
        on calls.trace_id = mlflow_traces.trace_id
    left join context
        on calls.usage_date = context.span_date
        and calls.trace_id = context.trace_id
        and calls.span_id = context.span_id

)

select
    cast(call_id as varchar) as call_id,
    cast(usage_date as date) as usage_date,
    cast(started_at as timestamp) as started_at,
    cast(trace_id as varchar) as trace_id,
    cast(span_id as varchar) as span_id,
    cast(coalesce(tenant_id, 'unknown') as varchar) as tenant_id,
    cast(entitlement_tier as varchar) as entitlement_tier,
    cast(coalesce(service_name, 'unknown') as varchar) as service_name,
    cast(coalesce(service_version, 'unknown') as varchar) as service_version,
    cast(coalesce(environment, 'unknown') as varchar) as environment,
    cast(coalesce(region, 'unknown') as varchar) as region,
    cast(coalesce(agent_name, 'unknown') as varchar) as agent_name,
    cast(coalesce(workflow_name, 'unknown') as varchar) as workflow_name,
    cast(coalesce(lower(provider_name), 'unknown') as varchar) as provider_name,
    cast(coalesce(model, 'unknown') as varchar) as model,
    cast(coalesce(operation_name, 'unknown') as varchar) as operation_name,
    cast(source_name as varchar) as source_name,
    cast(response_id as varchar) as response_id,
    cast(retry_attempt as integer) as retry_attempt,
    cast(coalesce(is_failed, false) as boolean) as is_failed,
    cast(error_type as varchar) as error_type,
    cast(is_rollup_fallback as boolean) as is_rollup_fallback,
    cast(is_usage_known as boolean) as is_usage_known,
    cast(is_priced as boolean) as is_priced,
    cast(uncached_input_tokens as bigint) as uncached_input_tokens,
    cast(cache_read_tokens as bigint) as cache_read_tokens,
    cast(cache_write_tokens as bigint) as cache_write_tokens,
    cast(visible_output_tokens as bigint) as visible_output_tokens,
    cast(reasoning_tokens as bigint) as reasoning_tokens,
    cast(cost_usd as decimal(38, 12)) as cost_usd,
    cast(reported_cost_usd as decimal(38, 12)) as reported_cost_usd,
    cast(sampling_weight as decimal(18, 6)) as sampling_weight,
    cast(is_sampling_known as boolean) as is_sampling_known,
    cast(duration_ms as double) as duration_ms,
    cast(time_to_first_token_ms as double) as time_to_first_token_ms,
    cast({{ trace_url('trace_id') }} as varchar) as trace_url,
    cast({{ mlflow_run_url('mlflow_run_id') }} as varchar) as mlflow_run_url

from linked
order by usage_date
