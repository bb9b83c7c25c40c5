{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook=[
            "{{ delete_affected_days('usage_date', days_of_new_tenant_states()) }}",
            "{{ delete_days_not_recent('usage_date') }}",
        ],
        post_hook="{{ remember_read() }}",
    )
}}

with

calls as (

    select *
    from {{ ref('int_recent_calls') }}
    where {{ in_days('usage_date', affected_days(days_of_new_tenant_states())) }}

),

-- A log event's span may have begun on the day before the event's call.
context as (

    select
        trace_id,
        span_id,
        mlflow_run_id

    from {{ ref('int_span_context') }}
    where
        {{ near_days('span_date', affected_days(days_of_new_tenant_states())) }}
        and mlflow_run_id is not null

)

select
    cast(calls.call_id as varchar) as call_id,
    cast(calls.usage_date as date) as usage_date,
    cast(calls.started_at as timestamp) as started_at,
    cast(calls.trace_id as varchar) as trace_id,
    cast(calls.span_id as varchar) as span_id,
    cast(coalesce(calls.tenant_id, 'unknown') as varchar) as tenant_id,
    cast(calls.entitlement_tier as varchar) as entitlement_tier,
    cast(coalesce(calls.service_name, 'unknown') as varchar) as service_name,
    cast(coalesce(calls.service_version, 'unknown') as varchar) as service_version,
    cast(coalesce(calls.environment, 'unknown') as varchar) as environment,
    cast(coalesce(calls.region, 'unknown') as varchar) as region,
    cast(coalesce(calls.agent_name, 'unknown') as varchar) as agent_name,
    cast(coalesce(calls.workflow_name, 'unknown') as varchar) as workflow_name,
    cast(coalesce(lower(calls.provider_name), 'unknown') as varchar) as provider_name,
    cast(coalesce(calls.model, 'unknown') as varchar) as model,
    cast(coalesce(calls.operation_name, 'unknown') as varchar) as operation_name,
    cast(calls.source_name as varchar) as source_name,
    cast(calls.response_id as varchar) as response_id,
    cast(calls.retry_attempt as integer) as retry_attempt,
    cast(coalesce(calls.is_failed, false) as boolean) as is_failed,
    cast(calls.error_type as varchar) as error_type,
    cast(calls.is_rollup_fallback as boolean) as is_rollup_fallback,
    cast(calls.is_usage_known as boolean) as is_usage_known,
    cast(calls.is_priced as boolean) as is_priced,
    cast(calls.uncached_input_tokens as bigint) as uncached_input_tokens,
    cast(calls.cache_read_tokens as bigint) as cache_read_tokens,
    cast(calls.cache_write_tokens as bigint) as cache_write_tokens,
    cast(calls.visible_output_tokens as bigint) as visible_output_tokens,
    cast(calls.reasoning_tokens as bigint) as reasoning_tokens,
    cast(calls.cost_usd as decimal(38, 12)) as cost_usd,
    cast(calls.reported_cost_usd as decimal(38, 12)) as reported_cost_usd,
    cast(calls.sampling_weight as decimal(18, 6)) as sampling_weight,
    cast(calls.is_sampling_known as boolean) as is_sampling_known,
    cast(calls.duration_ms as double) as duration_ms,
    cast(calls.time_to_first_token_ms as double) as time_to_first_token_ms,
    cast({{ trace_url('calls.trace_id') }} as varchar) as trace_url,
    cast({{ mlflow_run_url('context.mlflow_run_id') }} as varchar) as mlflow_run_url

from calls
left join context
    on calls.trace_id = context.trace_id
    and calls.span_id = context.span_id
