{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_calls_counted_anew() }}",
        post_hook="{{ remember_read() }}",
    )
}}

with recursive

spans as (

    select *
    from {{ ref('int_spans') }}
    where
        {{ in_days('span_date', affected_days()) }}
        and {{ is_affected_trace('trace_id') }}

),

context as (

    select *
    from {{ ref('int_span_context') }}
    where
        {{ in_days('span_date', affected_days()) }}
        and {{ is_affected_trace('trace_id') }}

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

leaves as (

    select candidates.*
    from candidates
    left join repeated
        on candidates.trace_id = repeated.trace_id
        and candidates.span_id = repeated.span_id
    left join inner_attempts
        on candidates.trace_id = inner_attempts.trace_id
        and candidates.span_id = inner_attempts.span_id
    where repeated.span_id is null and inner_attempts.span_id is null

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

    select *
    from responses
    qualify
        response_id is null
        or not is_usage_known
        or row_number() over (
            partition by {{ response_identity() }}, response_number
            order by (end_time_unix_nano is not null) desc, end_time_unix_nano desc, record_digest desc
        ) = 1

)

select
    once.trace_id || '-' || once.span_id as call_id,
    once.trace_id,
    once.span_id,
    once.parent_span_id,
    once.span_date as usage_date,
    once.started_at,
    once.ended_at,
    once.duration_ms,
    once.time_to_first_token_ms,
    once.service_name,
    once.service_version,
    once.environment,
    once.revision,
    once.region,
    context.tenant_id,
    context.entitlement_tier as span_entitlement_tier,
    context.agent_name,
    context.workflow_id,
    context.workflow_name,
    once.session_id,
    once.provider_name,
    coalesce(once.response_model, once.request_model) as model,
    once.request_model,
    once.operation_name,
    once.response_id,
    once.error_type,
    once.retry_attempt,
    once.consent_status,
    once.consent_purpose,
    once.jurisdiction,
    once.data_class,
    once.data_region,
    once.destination_country,
    once.is_synthetic,
    once.is_error as is_failed,
    not once.is_inference as is_rollup_fallback,
    once.is_usage_known,
    once.uncached_input_tokens,
    once.cache_read_tokens,
    once.cache_write_tokens,
    once.visible_output_tokens,
    once.reasoning_tokens,
    once.reported_cost_usd,
    once.sampling_weight,
    once.is_sampling_known,
    once.load_id

from once
left join context
    on once.trace_id = context.trace_id
    and once.span_id = context.span_id
where {{ is_counted_anew('once.trace_id', 'once.response_id', 'once.span_date') }}
