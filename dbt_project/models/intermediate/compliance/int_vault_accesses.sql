{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{%- if is_incremental() -%} delete from {{ this }} where {{ in_days('usage_date', days_near_new_accesses()) }} {%- endif -%}",
        post_hook="{{ remember_read() }}",
    )
}}

-- What was done to files of the vault, told by spans and events: once, on the day of the span, where there is one. Both
-- stand on the same day or side by side.
{%- set days = days_near_new_accesses() %}
with

spans as (

    select *
    from {{ ref('int_spans') }}
    where
        vault_operation is not null
        and not is_synthetic
        and {{ near_days('span_date', days) }}

),

context as (

    select *
    from {{ ref('int_span_context') }}
    where {{ near_days('span_date', days) }}

),

told_by_spans as (

    select
        coalesce(spans.vault_mutation_id, spans.vault_access_id, spans.trace_id || '-' || spans.span_id) as access_id,
        spans.span_date,
        context.tenant_id,
        context.agent_name,
        spans.vault_operation as operation,
        spans.vault_path,
        spans.vault_bytes as bytes,
        spans.vault_result as result

    from spans
    left join context
        on spans.trace_id = context.trace_id
        and spans.span_id = context.span_id
    qualify row_number() over (
        partition by coalesce(spans.vault_mutation_id, spans.vault_access_id, spans.trace_id || '-' || spans.span_id)
        order by spans.start_time_unix_nano desc, spans.trace_id asc, spans.span_id asc
    ) = 1

),

told_by_events as (

    select
        coalesce(mutation_id, access_id) as access_id,
        event_date,
        tenant_id,
        agent_name,
        case event_type
            when 'vault.file.created' then 'create'
            when 'vault.file.appended' then 'append'
            when 'vault.file.deleted' then 'delete'
            else 'read'
        end as operation,
        vault_path,
        case event_type when 'vault.file.appended' then coalesce(bytes_appended, bytes) else bytes end as bytes,
        case event_type when 'vault.access.denied' then 'denied' else 'ok' end as result

    from {{ ref('int_vault_events') }}
    where {{ near_days('event_date', days) }}
    qualify row_number() over (
        partition by coalesce(mutation_id, access_id)
        order by occurred_at desc, record_digest desc, load_id asc
    ) = 1

),

accesses as (

    select
        coalesce(told_by_spans.access_id, told_by_events.access_id) as access_id,
        coalesce(told_by_spans.span_date, told_by_events.event_date) as usage_date,
        coalesce(told_by_events.tenant_id, told_by_spans.tenant_id) as tenant_id,
        coalesce(told_by_events.agent_name, told_by_spans.agent_name) as agent_name,
        coalesce(told_by_spans.operation, told_by_events.operation) as operation,
        coalesce(told_by_events.vault_path, told_by_spans.vault_path) as vault_path,
        coalesce(told_by_spans.bytes, told_by_events.bytes) as bytes,
        coalesce(told_by_events.result, told_by_spans.result) as result

    from told_by_spans
    full outer join told_by_events
        on told_by_spans.access_id = told_by_events.access_id

)

select *
from accesses
where {{ in_days('usage_date', days) }}
order by usage_date
