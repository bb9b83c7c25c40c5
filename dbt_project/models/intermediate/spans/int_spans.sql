{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_touched_traces() }}",
        post_hook="{{ remember_read() }}",
    )
}}

with

copies as (

    select * exclude (attribute_types, resource_attribute_types)
    from {{ ref('stg_spans') }}
    where
        span_date is not null
        and {{ in_days('span_date', touched_trace_days()) }}
        and {{ is_touched_trace('trace_id') }}

),

aliases as (

    select * from {{ ref('attribute_aliases') }}
    where signal in ('any', 'span')

),

operation_names as (

    select * from {{ ref('operation_names') }}

),

-- Of several copies of a span the complete one survives, then the one that ends later: content alone decides.
spans as (

    select
        *,
        max(load_id) over (partition by trace_id, span_id) as newest_load_id

    from copies
    qualify row_number() over (
        partition by trace_id, span_id
        order by (end_time_unix_nano is not null) desc, end_time_unix_nano desc, record_digest desc, load_id desc
    ) = 1

),

entries as (

    select
        trace_id,
        span_id,
        started_at,
        0 as origin,
        {{ unnest_map('attributes') }}

    from spans

    union all

    select
        trace_id,
        span_id,
        started_at,
        1 as origin,
        {{ unnest_map('resource_attributes') }}

    from spans

),

-- A span's own attribute goes before its resource's, an alias of lower priority before one of higher.
matched as (

    select
        entries.trace_id,
        entries.span_id,
        aliases.canonical_name,
        aliases.token_semantics,
        entries.origin * 1000 + aliases.priority as priority,
        {{ aliased_value() }} as value

    from entries
    inner join aliases
        on {{ alias_is_in_force() }}

),

named as (

    select
        trace_id,
        span_id,
        {{ canonical('service_name') }} as service_name,
        {{ canonical('service_version') }} as service_version,
        {{ canonical('environment') }} as environment,
        {{ canonical('revision') }} as revision,
        {{ canonical('container_image') }} as container_image,
        {{ canonical('container_image_tags') }} as container_image_tags,
        {{ canonical('region') }} as region,
        {{ canonical('tenant_id') }} as tenant_id,
        {{ canonical('entitlement_tier') }} as entitlement_tier,
        {{ canonical('agent_name') }} as agent_name,
        {{ canonical('workflow_id') }} as workflow_id,
        {{ canonical('workflow_name') }} as workflow_name,
        {{ canonical('session_id') }} as session_id,
        {{ canonical('provider_name') }} as provider_name,
        {{ canonical('request_model') }} as request_model,
        {{ canonical('response_model') }} as response_model,
        {{ canonical('operation') }} as operation,
        {{ canonical('service_tier') }} as service_tier,
        {{ canonical('response_id') }} as response_id,
        {{ canonical('error_type') }} as error_type,
        {{ canonical('tool_name') }} as tool_name,
        {{ canonical('tool_call_id') }} as tool_call_id,
        {{ canonical('connector_name') }} as connector_name,
        {{ canonical('connector_operation') }} as connector_operation,
        {{ canonical('connector_call_id') }} as connector_call_id,
        {{ canonical('consent_status') }} as consent_status,
        {{ canonical('consent_purpose') }} as consent_purpose,
        {{ canonical('jurisdiction') }} as jurisdiction,
        {{ canonical('data_class') }} as data_class,
        {{ canonical('data_region') }} as data_region,
        {{ canonical('model_region') }} as model_region,
        {{ canonical('destination_country') }} as destination_country,
        {{ canonical('event_digest') }} as event_digest,
        {{ canonical('retry_attempt') }} as retry_attempt,
        {{ canonical('agent_task') }} as agent_task,
        {{ canonical('agent_outcome') }} as agent_outcome,
        {{ canonical('review_id') }} as review_id,
        {{ canonical('review_outcome') }} as review_outcome,
        {{ canonical('graph_node_id') }} as graph_node_id,
        {{ canonical('graph_node_parent_id') }} as graph_node_parent_id,
        {{ canonical('mlflow_run_id') }} as mlflow_run_id,
        {{ canonical('notification_id') }} as notification_id,
        {{ canonical('notification_status') }} as notification_status,
        {{ token_count(canonical('retrieval_judged')) }} as retrieval_judged,
        {{ token_count(canonical('retrieval_relevant')) }} as retrieval_relevant,
        {{ canonical('vault_path') }} as vault_path,
        {{ canonical('vault_mutation_id') }} as vault_mutation_id,
        {{ canonical('vault_access_id') }} as vault_access_id,
        {{ canonical('vault_operation') }} as vault_operation,
        {{ token_count(canonical('vault_bytes')) }} as vault_bytes,
        {{ canonical('vault_result') }} as vault_result,
        {{ canonical('synthetic_type') }} as synthetic_type,
        {{ canonical('sampling_probability') }} as sampling_probability,
        {{ token_count(canonical('input_tokens')) }} as input_tokens,
        {{ canonical('input_tokens', 'token_semantics') }} as input_semantics,
        {{ token_count(canonical('cache_read_tokens')) }} as cache_read_tokens,
        {{ token_count(canonical('cache_write_tokens')) }} as cache_write_tokens,
        {{ token_count(canonical('output_tokens')) }} as output_tokens,
        {{ canonical('output_tokens', 'token_semantics') }} as output_semantics,
        {{ token_count(canonical('reasoning_tokens')) }} as reasoning_tokens,
        {{ token_count(canonical('cache_write_1h_tokens')) }} as cache_write_1h_tokens,
        {{ token_count(canonical('input_audio_tokens')) }} as input_audio_tokens,
        {{ token_count(canonical('cache_audio_read_tokens')) }} as cache_audio_read_tokens,
        {{ token_count(canonical('output_audio_tokens')) }} as output_audio_tokens,
        try_cast({{ canonical('reported_cost_usd') }} as decimal(21, 12)) as reported_cost_usd,
        {{ finite(canonical('time_to_first_token_ms')) }} as time_to_first_token_ms

    from matched
    where value != ''
    group by trace_id, span_id

),

measured as (

    select
        spans.span_date,
        spans.trace_id,
        spans.span_id,
        spans.parent_span_id,
        spans.span_name,
        spans.kind,
        spans.status_code,
        spans.status_code = 'ERROR' or named.error_type is not null as is_error,
        spans.started_at,
        spans.ended_at,
        spans.start_time_unix_nano,
        spans.end_time_unix_nano,
        cast(spans.end_time_unix_nano - spans.start_time_unix_nano as double) / 1000000 as duration_ms,
        spans.scope_name,
        spans.trace_state,
        spans.record_digest,
        spans.newest_load_id as load_id,
        named.* exclude (
            trace_id,
            span_id,
            operation,
            synthetic_type,
            retry_attempt,
            sampling_probability,
            input_tokens,
            output_tokens
        ),
        coalesce(operation_names.operation_name, lower(named.operation)) as operation_name,
        coalesce(operation_names.is_inference, false) as is_inference,
        coalesce(named.synthetic_type = 'test', false) as is_synthetic,
        try_cast(named.retry_attempt as integer) as retry_attempt,
        named.input_tokens is not null or named.output_tokens is not null as is_usage_known,
        named.input_tokens as reported_input_tokens,
        named.output_tokens as reported_output_tokens,
        {{ sampling_probability('spans.trace_state', 'named.sampling_probability') }} as probability,
        coalesce(probability between {{ smallest_probability() }} and 1, false) as is_sampling_known

    from spans
    left join named
        on spans.trace_id = named.trace_id
        and spans.span_id = named.span_id
    left join operation_names
        on lower(named.operation) = operation_names.alias

)

select
    measured.* exclude (
        reported_input_tokens,
        reported_output_tokens,
        cache_read_tokens,
        cache_write_tokens,
        reasoning_tokens,
        input_semantics,
        output_semantics,
        probability,
        is_sampling_known
    ),
    {{ disjoint_token_classes() }},
    cast(case when is_sampling_known then 1 / probability else 1 end as decimal(18, 6)) as sampling_weight,
    is_sampling_known

from measured
order by span_date
