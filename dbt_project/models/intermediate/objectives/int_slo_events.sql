{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_tied_spans()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- Probes count here: they are there to measure objectives.
{%- set days = affected_days(days_of_tied_spans()) %}
with

spans as (

    select
        *,
        try_cast(end_time_unix_nano - start_time_unix_nano as decimal(18, 0)) as duration_ns

    from {{ ref('int_spans') }}
    where {{ in_days('span_date', days) }}

),

producers as (

    select *
    from {{ ref('int_spans') }}
    where
        kind = 'PRODUCER'
        and {{ in_days('span_date', days_read_with(days, 'trace')) }}

),

notification_spans as (

    select *
    from {{ ref('int_spans') }}
    where
        (notification_id is not null or notification_status is not null)
        and {{ in_days('span_date', days_read_with(days, 'notification')) }}

),

-- Copies of a span repeat its links, and so may the span itself.
links as (

    select
        trace_id,
        span_id,
        linked_trace_id,
        linked_span_id

    from {{ ref('stg_span_links') }}
    where {{ in_days('span_date', days) }}
    group by trace_id, span_id, linked_trace_id, linked_span_id

),

slo_targets as (

    select * from {{ ref('slo_targets') }}

),

vault_writes as (

    select
        *,
        trace_id || '-' || span_id as event_id,
        is_error or coalesce(vault_result in ('denied', 'error'), false) as is_failed,
        cast(case when vault_bytes >= 0 then vault_bytes end as decimal(18, 0)) as bytes

    from spans
    where vault_operation in ('create', 'append')

),

linked as (

    select
        consumers.*,
        producers.trace_id || '-' || producers.span_id as producer_id,
        producers.start_time_unix_nano as produced_at_unix_nano

    from spans as consumers
    inner join links
        on consumers.trace_id = links.trace_id
        and consumers.span_id = links.span_id
    inner join producers
        on links.linked_trace_id = producers.trace_id
        and links.linked_span_id = producers.span_id
    where consumers.kind = 'CONSUMER'

),

-- A consumer without links may stand below its producer.
below_producer as (

    select
        consumers.*,
        producers.trace_id || '-' || producers.span_id as producer_id,
        producers.start_time_unix_nano as produced_at_unix_nano

    from spans as consumers
    inner join producers
        on consumers.trace_id = producers.trace_id
        and consumers.parent_span_id = producers.span_id
    left join links
        on consumers.trace_id = links.trace_id
        and consumers.span_id = links.span_id
    where consumers.kind = 'CONSUMER' and links.trace_id is null

),

deliveries as (

    select
        *,
        trace_id || '-' || span_id || '-' || producer_id as event_id,
        start_time_unix_nano - produced_at_unix_nano as lag_ns

    from (
        select * from linked
        union all
        select * from below_producer
    ) as produced

),

-- A notification is one, on the day of its first attempt, however often it was tried.
first_attempts as (

    select
        *,
        coalesce(notification_id, trace_id || '-' || span_id) as event_id,
        first_value(notification_status) over (
            partition by coalesce(notification_id, trace_id || '-' || span_id)
            order by start_time_unix_nano desc, end_time_unix_nano desc nulls last, trace_id desc, span_id desc
        ) as last_status

    from notification_spans
    qualify row_number() over (
        partition by coalesce(notification_id, trace_id || '-' || span_id)
        order by start_time_unix_nano, end_time_unix_nano nulls first, trace_id, span_id
    ) = 1

),

events as (

    select
        'vault_throughput' as slo_name,
        span_date as usage_date,
        event_id,
        service_name,
        environment,
        is_failed,
        duration_ns,
        bytes,
        cast(null as boolean) as is_success,
        cast(null as bigint) as relevant,
        sampling_weight,
        is_sampling_known

    from vault_writes

    union all

    select
        'event_bus_lag' as slo_name,
        span_date as usage_date,
        event_id,
        service_name,
        environment,
        false as is_failed,
        try_cast(lag_ns as decimal(18, 0)) as duration_ns,
        cast(null as decimal(18, 0)) as bytes,
        cast(null as boolean) as is_success,
        cast(null as bigint) as relevant,
        sampling_weight,
        is_sampling_known

    from deliveries

    union all

    select
        'summarization_latency' as slo_name,
        span_date as usage_date,
        trace_id || '-' || span_id as event_id,
        service_name,
        environment,
        is_error as is_failed,
        duration_ns,
        cast(null as decimal(18, 0)) as bytes,
        cast(null as boolean) as is_success,
        cast(null as bigint) as relevant,
        sampling_weight,
        is_sampling_known

    from spans
    where operation_name = 'invoke_agent' and agent_task = 'summarization'

    union all

    select
        'rag_hit_rate' as slo_name,
        span_date as usage_date,
        trace_id || '-' || span_id as event_id,
        service_name,
        environment,
        false as is_failed,
        cast(null as decimal(18, 0)) as duration_ns,
        cast(null as decimal(18, 0)) as bytes,
        cast(null as boolean) as is_success,
        retrieval_relevant as relevant,
        sampling_weight,
        is_sampling_known

    from spans
    where operation_name = 'retrieval' and retrieval_judged >= 1

    union all

    select
        'notification_success' as slo_name,
        span_date as usage_date,
        event_id,
        service_name,
        environment,
        false as is_failed,
        cast(null as decimal(18, 0)) as duration_ns,
        cast(null as decimal(18, 0)) as bytes,
        case last_status when 'delivered' then true when 'failed' then false end as is_success,
        cast(null as bigint) as relevant,
        sampling_weight,
        is_sampling_known

    from first_attempts
    where
        last_status is distinct from 'suppressed'
        and {{ in_days('span_date', days) }}

),

-- The target of the environment itself comes before the one for any.
targeted as (

    select
        events.*,
        cast(targets.threshold as decimal(38, 6)) as threshold,
        cast(targets.allowance_ms as decimal(38, 6)) as allowance_ms

    from events
    left join slo_targets as targets
        on events.slo_name = targets.slo_name
        and targets.environment in (events.environment, '*')
        and events.usage_date >= targets.valid_from
        and (targets.valid_to is null or events.usage_date < targets.valid_to)
    qualify row_number() over (
        partition by events.slo_name, events.event_id
        order by targets.environment = '*'
    ) = 1

),

-- Whole nanoseconds and bytes, so that what is exactly at the threshold is good. A time that ran back is a data error:
-- nobody knows what it would have been.
judged as (

    select
        *,
        case
            when is_failed then false
            when duration_ns < 0 then null
            when slo_name = 'vault_throughput'
                then
                    coalesce(duration_ns <= allowance_ms * 1000000, false)
                    or cast(bytes as decimal(38, 0)) * 1000000000 >= threshold * duration_ns
            when slo_name in ('event_bus_lag', 'summarization_latency') then duration_ns <= threshold * 1000000
            when slo_name = 'rag_hit_rate' then relevant >= threshold
            else is_success
        end as is_good

    from targeted

)

select
    usage_date,
    slo_name,
    event_id,
    service_name,
    environment,
    is_good,
    coalesce(duration_ns < 0, false) as is_data_error,
    sampling_weight,
    is_sampling_known

from judged
order by usage_date
