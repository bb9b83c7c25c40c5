{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_removed_records() }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- Copies of a log record are alike in everything that counts: one of them stands for all, and what stands stays.
with

records as (

    select *
    from {{ ref('stg_log_records') }}
    where load_id > {{ read_up_to() }} and log_date is not null

),

aliases as (

    select * from {{ ref('attribute_aliases') }}
    where signal in ('any', 'log')

),

operation_names as (

    select * from {{ ref('operation_names') }}

),

usage_sources as (

    select * from {{ ref('usage_sources') }}
    where signal = 'log'

),

token_names as (

    select attribute from aliases
    where canonical_name in ('input_tokens', 'output_tokens')

),

-- Most log records have nothing to do with usage, and one look at their keys tells.
candidates as (

    select *
    from records
    where
        event_name in (select name from usage_sources)
        or {{ has_any_key('attributes', '(select list(attribute) from token_names)') }}
    qualify row_number() over (partition by record_digest order by load_id) = 1

),

entries as (

    select
        record_digest,
        occurred_at as started_at,
        0 as origin,
        {{ unnest_map('attributes') }}

    from candidates

    union all

    select
        record_digest,
        occurred_at as started_at,
        1 as origin,
        {{ unnest_map('resource_attributes') }}

    from candidates

),

-- An alias may name the event that its attribute belongs to, as `event{attribute}`.
named_entries as (

    select
        entries.record_digest,
        entries.started_at,
        entries.origin,
        entries.attribute,
        entries.value

    from entries

    union all

    select
        entries.record_digest,
        entries.started_at,
        entries.origin,
        candidates.event_name || '{' || entries.attribute || '}' as attribute,
        entries.value

    from entries
    inner join candidates
        on entries.record_digest = candidates.record_digest
    where entries.origin = 0 and candidates.event_name is not null

),

matched as (

    select
        entries.record_digest,
        aliases.canonical_name,
        aliases.token_semantics,
        entries.origin * 1000 + aliases.priority as priority,
        {{ aliased_value() }} as value

    from named_entries as entries
    inner join aliases
        on {{ alias_is_in_force() }}

),

named as (

    select
        record_digest,
        {{ canonical('service_name') }} as service_name,
        {{ canonical('service_version') }} as service_version,
        {{ canonical('environment') }} as environment,
        {{ canonical('revision') }} as revision,
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
        {{ canonical('retry_attempt') }} as retry_attempt,
        {{ canonical('consent_status') }} as consent_status,
        {{ canonical('consent_purpose') }} as consent_purpose,
        {{ canonical('jurisdiction') }} as jurisdiction,
        {{ canonical('data_class') }} as data_class,
        {{ canonical('data_region') }} as data_region,
        {{ canonical('model_region') }} as model_region,
        {{ canonical('destination_country') }} as destination_country,
        {{ finite(canonical('duration_ms')) }} as duration_ms,
        {{ finite(canonical('time_to_first_token_ms')) }} as time_to_first_token_ms,
        {{ token_count(canonical('input_tokens')) }} as reported_input_tokens,
        {{ canonical('input_tokens', 'token_semantics') }} as input_semantics,
        {{ token_count(canonical('cache_read_tokens')) }} as cache_read_tokens,
        {{ token_count(canonical('cache_write_tokens')) }} as cache_write_tokens,
        {{ token_count(canonical('output_tokens')) }} as reported_output_tokens,
        {{ canonical('output_tokens', 'token_semantics') }} as output_semantics,
        {{ token_count(canonical('reasoning_tokens')) }} as reasoning_tokens,
        {{ token_count(canonical('cache_write_1h_tokens')) }} as cache_write_1h_tokens,
        {{ token_count(canonical('input_audio_tokens')) }} as input_audio_tokens,
        {{ token_count(canonical('cache_audio_read_tokens')) }} as cache_audio_read_tokens,
        {{ token_count(canonical('output_audio_tokens')) }} as output_audio_tokens,
        try_cast({{ canonical('reported_cost_usd') }} as decimal(21, 12)) as reported_cost_usd

    from matched
    where value != ''
    group by record_digest

),

-- The event is written when the call ends; what claims to have taken more than a day did not. An event that says
-- nothing of its tokens counts only where its name means a call and nothing else.
calls as (

    select
        candidates.record_digest,
        candidates.trace_id,
        candidates.span_id,
        candidates.event_name,
        coalesce(usage_sources.source_name, 'other_events') as source_name,
        {{ milliseconds_before(
            'candidates.occurred_at', 'case when named.duration_ms between 0 and 86400000 then named.duration_ms end'
        ) }} as started_at,
        candidates.occurred_at as ended_at,
        named.* exclude (record_digest, operation),
        coalesce(by_operation.operation_name, lower(named.operation), by_event.operation_name) as operation_name,
        named.reported_input_tokens is not null or named.reported_output_tokens is not null as is_usage_known,
        named.error_type is not null or lower(candidates.event_name) like '%error' as is_failed,
        candidates.load_id

    from candidates
    inner join named
        on candidates.record_digest = named.record_digest
    left join operation_names as by_operation
        on lower(named.operation) = by_operation.alias
    left join operation_names as by_event
        on lower(candidates.event_name) = by_event.alias
    left join usage_sources
        on candidates.event_name = usage_sources.name
    where
        named.reported_input_tokens is not null
        or named.reported_output_tokens is not null
        or by_event.is_inference

)

select
    'log-' || record_digest as call_id,
    cast(started_at as date) as usage_date,
    calls.* exclude (
        reported_input_tokens,
        reported_output_tokens,
        cache_read_tokens,
        cache_write_tokens,
        reasoning_tokens,
        input_semantics,
        output_semantics,
        retry_attempt
    ),
    try_cast(retry_attempt as integer) as retry_attempt,
    {{ disjoint_token_classes() }}

from calls
{% if is_incremental() -%}
    where record_digest not in (
        select record_digest from {{ this }}
        where {{ near_days('usage_date', new_log_days()) }}
    )
{%- endif %}
order by usage_date
