-- Spans and log events tell of the same calls: of each service, day and model the calls of one signal count.
with

span_calls as (

    select * from {{ ref('int_span_usage') }}
    where counted_as in ('call', 'rollup_fallback')

),

log_calls as (

    select * exclude (counted_as) from {{ ref('int_log_calls') }}
    where counted_as = 'call'

),

counted_sources as (

    select * from {{ ref('int_usage_sources') }}
    where is_counted

),

context as (

    select * from {{ ref('int_span_context') }}

),

-- What a log event does not say itself, its span says for it, if that began on the same day.
calls as (

    select
        call_id,
        trace_id,
        span_id,
        parent_span_id,
        'spans' as source_name,
        usage_date,
        started_at,
        ended_at,
        duration_ms,
        time_to_first_token_ms,
        service_name,
        service_version,
        environment,
        revision,
        region,
        tenant_id,
        span_entitlement_tier,
        agent_name,
        workflow_id,
        workflow_name,
        session_id,
        provider_name,
        request_model,
        response_model,
        operation_name,
        service_tier,
        response_id,
        error_type,
        retry_attempt,
        consent_status,
        consent_purpose,
        jurisdiction,
        data_class,
        data_region,
        model_region,
        destination_country,
        is_synthetic,
        is_failed,
        counted_as = 'rollup_fallback' as is_rollup_fallback,
        is_usage_known,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        visible_output_tokens,
        reasoning_tokens,
        cache_write_1h_tokens,
        input_audio_tokens,
        cache_audio_read_tokens,
        output_audio_tokens,
        reported_cost_usd,
        sampling_weight,
        is_sampling_known,
        trace_days,
        load_id

    from span_calls

    union all

    select
        log_calls.call_id,
        log_calls.trace_id,
        log_calls.span_id,
        cast(null as varchar) as parent_span_id,
        log_calls.source_name,
        log_calls.usage_date,
        log_calls.started_at,
        log_calls.ended_at,
        log_calls.duration_ms,
        log_calls.time_to_first_token_ms,
        log_calls.service_name,
        log_calls.service_version,
        log_calls.environment,
        log_calls.revision,
        log_calls.region,
        coalesce(log_calls.tenant_id, context.tenant_id) as tenant_id,
        coalesce(log_calls.entitlement_tier, context.entitlement_tier) as span_entitlement_tier,
        coalesce(log_calls.agent_name, context.agent_name) as agent_name,
        coalesce(log_calls.workflow_id, context.workflow_id) as workflow_id,
        coalesce(log_calls.workflow_name, context.workflow_name) as workflow_name,
        log_calls.session_id,
        log_calls.provider_name,
        log_calls.request_model,
        log_calls.response_model,
        log_calls.operation_name,
        log_calls.service_tier,
        log_calls.response_id,
        log_calls.error_type,
        log_calls.retry_attempt,
        log_calls.consent_status,
        log_calls.consent_purpose,
        log_calls.jurisdiction,
        log_calls.data_class,
        log_calls.data_region,
        log_calls.model_region,
        log_calls.destination_country,
        false as is_synthetic,
        log_calls.is_failed,
        false as is_rollup_fallback,
        log_calls.is_usage_known,
        log_calls.uncached_input_tokens,
        log_calls.cache_read_tokens,
        log_calls.cache_write_tokens,
        log_calls.visible_output_tokens,
        log_calls.reasoning_tokens,
        log_calls.cache_write_1h_tokens,
        log_calls.input_audio_tokens,
        log_calls.cache_audio_read_tokens,
        log_calls.output_audio_tokens,
        log_calls.reported_cost_usd,
        cast(1 as decimal(18, 6)) as sampling_weight,
        false as is_sampling_known,
        1 as trace_days,
        log_calls.load_id

    from log_calls
    left join context
        on log_calls.usage_date = context.span_date
        and log_calls.trace_id = context.trace_id
        and log_calls.span_id = context.span_id

)

select
    calls.* exclude (response_model),
    coalesce(calls.response_model, calls.request_model) as model

from calls
inner join counted_sources
    on {{ same_names('calls', 'counted_sources') }}
