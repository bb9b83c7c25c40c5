{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_calls_counted_anew() }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days() %}

with recursive

spans as (

    select *
    from {{ ref('int_spans') }}
    where
        {{ in_days('span_date', days) }}
        and {{ is_affected_trace('trace_id') }}

),

context as (

    select *
    from {{ ref('int_span_context') }}
    where
        {{ in_days('span_date', days) }}
        and {{ is_affected_trace('trace_id') }}

),

traces as (

    select
        trace_id,
        count(distinct span_date) as trace_days

    from spans
    group by trace_id

),

-- Every ancestor of a span, nearest first. A cycle of parents ends at the depth limit.
ancestors as (

    select
        trace_id,
        span_id,
        parent_span_id as ancestor_id,
        1 as depth

    from spans
    where parent_span_id is not null

    union

    select
        ancestors.trace_id,
        ancestors.span_id,
        spans.parent_span_id as ancestor_id,
        ancestors.depth + 1 as depth

    from ancestors
    inner join spans
        on ancestors.trace_id = spans.trace_id
        and ancestors.ancestor_id = spans.span_id
    where spans.parent_span_id is not null and ancestors.depth < 64

),

-- What could be a call: an attempt at inference, or anything that reports usage. A probe's calls are nobody's usage.
candidates as (

    select * from spans
    where (is_inference or is_usage_known) and not is_synthetic

),

lineage as (

    select distinct
        trace_id,
        span_id,
        ancestor_id

    from ancestors

),

-- A candidate is told again by a candidate below it that says at least as much. Two spans that are each other's
-- ancestors, in a broken trace, do not cancel each other.
repeated as (

    select
        upper_span.trace_id,
        upper_span.span_id

    from candidates as upper_span
    inner join lineage
        on upper_span.trace_id = lineage.trace_id
        and upper_span.span_id = lineage.ancestor_id
    inner join candidates as lower_span
        on lineage.trace_id = lower_span.trace_id
        and lineage.span_id = lower_span.span_id
    left join lineage as way_back
        on lineage.trace_id = way_back.trace_id
        and upper_span.span_id = way_back.span_id
        and lower_span.span_id = way_back.ancestor_id
    where
        way_back.span_id is null
        and (lower_span.is_usage_known or not upper_span.is_usage_known)
    group by upper_span.trace_id, upper_span.span_id

),

-- An attempt without usage inside one that reports it is the same attempt.
inner_attempts as (

    select
        lower_span.trace_id,
        lower_span.span_id

    from candidates as lower_span
    inner join lineage
        on lower_span.trace_id = lineage.trace_id
        and lower_span.span_id = lineage.span_id
    inner join candidates as upper_span
        on lineage.trace_id = upper_span.trace_id
        and lineage.ancestor_id = upper_span.span_id
    left join repeated
        on upper_span.trace_id = repeated.trace_id
        and upper_span.span_id = repeated.span_id
    where
        not lower_span.is_usage_known
        and upper_span.is_usage_known
        and upper_span.is_inference
        and repeated.span_id is null
        and lower_span.span_id != upper_span.span_id
    group by lower_span.trace_id, lower_span.span_id

),

told as (

    select
        candidates.*,
        case
            when repeated.span_id is not null then 'rollup'
            when inner_attempts.span_id is not null then 'inner_attempt'
            when candidates.is_inference then 'call'
            else 'rollup_fallback'
        end as counted_as

    from candidates
    left join repeated
        on candidates.trace_id = repeated.trace_id
        and candidates.span_id = repeated.span_id
    left join inner_attempts
        on candidates.trace_id = inner_attempts.trace_id
        and candidates.span_id = inner_attempts.span_id

),

leaves as (

    select * from told
    where counted_as in ('call', 'rollup_fallback')

),

-- Copies of one response, seen by proxy and client, start within five minutes of each other.
gaps as (

    select
        *,
        case
            when
                start_time_unix_nano - lag(start_time_unix_nano) over (
                    partition by {{ response_identity() }}
                    order by start_time_unix_nano, record_digest
                ) <= {{ five_minutes_in_nanoseconds() }}
                then 0
            else 1
        end as begins_response

    from leaves

),

responses as (

    select
        *,
        sum(begins_response) over (
            partition by {{ response_identity() }}
            order by start_time_unix_nano, record_digest
            rows between unbounded preceding and current row
        ) as response_number

    from gaps

),

once as (

    select
        * exclude (counted_as, begins_response, response_number),
        case
            when response_id is null or not is_usage_known then counted_as
            when
                row_number() over (
                    partition by {{ response_identity() }}, response_number
                    order by (end_time_unix_nano is not null) desc, end_time_unix_nano desc, record_digest desc
                ) = 1
                then counted_as
            else 'response_copy'
        end as counted_as

    from responses

),

usage as (

    select * from once
    union all by name
    select * from told
    where counted_as in ('rollup', 'inner_attempt')

)

select
    usage.trace_id || '-' || usage.span_id as call_id,
    usage.trace_id,
    usage.span_id,
    usage.parent_span_id,
    usage.span_date as usage_date,
    usage.started_at,
    usage.ended_at,
    usage.duration_ms,
    usage.time_to_first_token_ms,
    usage.service_name,
    usage.service_version,
    usage.environment,
    usage.revision,
    usage.region,
    context.tenant_id,
    context.entitlement_tier as span_entitlement_tier,
    context.agent_name,
    context.workflow_id,
    context.workflow_name,
    usage.session_id,
    usage.provider_name,
    usage.request_model,
    usage.response_model,
    usage.operation_name,
    usage.service_tier,
    usage.response_id,
    usage.error_type,
    usage.retry_attempt,
    usage.consent_status,
    usage.consent_purpose,
    usage.jurisdiction,
    usage.data_class,
    usage.data_region,
    usage.model_region,
    usage.destination_country,
    usage.is_synthetic,
    usage.is_error as is_failed,
    usage.counted_as,
    usage.is_usage_known,
    usage.uncached_input_tokens,
    usage.cache_read_tokens,
    usage.cache_write_tokens,
    usage.visible_output_tokens,
    usage.reasoning_tokens,
    usage.cache_write_1h_tokens,
    usage.input_audio_tokens,
    usage.cache_audio_read_tokens,
    usage.output_audio_tokens,
    usage.reported_cost_usd,
    usage.sampling_weight,
    usage.is_sampling_known,
    traces.trace_days,
    usage.load_id

from usage
inner join traces
    on usage.trace_id = traces.trace_id
left join context
    on usage.trace_id = context.trace_id
    and usage.span_id = context.span_id
where {{ is_counted_anew('usage.trace_id', 'usage.response_id', 'usage.span_date') }}
order by usage.span_date
