{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_tied_calls()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- Attempts at calls of connectors, as client spans and events tell of them. A probe's calls are not a tenant's.
{%- set days = affected_days(days_of_tied_calls()) %}
{%- set read_days = days_read_with(days, 'connector_call') %}
with

spans as (

    select *
    from {{ ref('int_spans') }}
    where
        kind in ('CLIENT', 'UNSPECIFIED')
        and not is_synthetic
        and (
            connector_name is not null
            or connector_call_id is not null
            or (kind = 'CLIENT' and operation_name = 'execute_tool')
        )
        and {{ in_days('span_date', read_days) }}

),

context as (

    select *
    from {{ ref('int_span_context') }}
    where {{ in_days('span_date', read_days) }}

),

-- Of several spans of one attempt the innermost client's tells its time.
attempts as (

    select
        coalesce(spans.connector_call_id, spans.trace_id || '-' || spans.span_id) as call_id,
        spans.connector_call_id,
        spans.trace_id,
        spans.span_id,
        spans.span_date,
        spans.start_time_unix_nano,
        spans.service_name,
        spans.environment,
        context.tenant_id,
        coalesce(spans.connector_name, spans.tool_name) as connector_name,
        case when spans.duration_ms >= 0 then spans.duration_ms end as duration_ms,
        spans.error_type,
        spans.is_error,
        spans.sampling_weight,
        spans.load_id

    from spans
    left join context
        on spans.trace_id = context.trace_id
        and spans.span_id = context.span_id
    qualify row_number() over (
        partition by
            coalesce(spans.connector_call_id, spans.trace_id || '-' || spans.span_id),
            coalesce(spans.retry_attempt, 1)
        order by spans.kind = 'CLIENT' desc, spans.start_time_unix_nano desc, spans.trace_id asc, spans.span_id asc
    ) = 1

),

numbered as (

    select
        *,
        min(span_date) over (partition by call_id) as usage_date,
        row_number() over (
            partition by call_id
            order by start_time_unix_nano desc, trace_id asc, span_id asc
        ) = 1 as is_last_attempt

    from attempts

),

-- The calls at hand, whose events may stand on any day.
calls_at_hand as (

    select call_id as connector_call_id from numbered
    union
    select connector_call_id
    from {{ ref('int_connector_completions') }}
    where {{ in_days('usage_date', days) }}

),

completions as (

    select *
    from {{ ref('int_connector_completions') }}
    where connector_call_id in (select connector_call_id from calls_at_hand)
    qualify row_number() over (partition by connector_call_id order by record_digest desc, load_id asc) = 1

),

-- The event tells the outcome, the span the time. A call with an event counts as one, since events are not sampled.
told_by_spans as (

    select
        numbered.call_id,
        numbered.call_id || '-' || numbered.span_id as attempt_id,
        numbered.usage_date,
        coalesce(numbered.tenant_id, completions.tenant_id) as tenant_id,
        coalesce(numbered.connector_name, completions.connector_name) as connector_name,
        numbered.service_name,
        numbered.environment,
        numbered.is_last_attempt,
        numbered.duration_ms,
        coalesce(completions.status != 'ok', numbered.is_error) as is_failed,
        coalesce(completions.status = 'denied', numbered.error_type = 'policy_denied', false) as is_policy_denied,
        cast(
            case when completions.connector_call_id is null then numbered.sampling_weight else 1 end as decimal(18, 6)
        ) as weight

    from numbered
    left join completions
        on numbered.connector_call_id = completions.connector_call_id

),

told_by_events_alone as (

    select
        completions.connector_call_id as call_id,
        completions.connector_call_id as attempt_id,
        completions.usage_date,
        completions.tenant_id,
        completions.connector_name,
        cast(null as varchar) as service_name,
        cast(null as varchar) as environment,
        true as is_last_attempt,
        case when completions.duration_ms >= 0 then completions.duration_ms end as duration_ms,
        coalesce(completions.status != 'ok', false) as is_failed,
        coalesce(completions.status = 'denied', false) as is_policy_denied,
        cast(1 as decimal(18, 6)) as weight

    from completions
    left join numbered
        on completions.connector_call_id = numbered.connector_call_id
    where numbered.call_id is null

),

calls as (

    select * from told_by_spans
    union all
    select * from told_by_events_alone

)

select
    calls.*,
    {{ bucket_index('duration_ms', span_bucket_scale()) }} as bucket_index

from calls
where {{ in_days('usage_date', days) }}
order by usage_date
