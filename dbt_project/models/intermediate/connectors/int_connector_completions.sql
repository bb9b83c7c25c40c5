{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_removed_records() }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- Every copy of the event that says how a connector's call ended. The event is written when the call ends; what
-- claims to have taken more than a day did not.
select
    connector_call_id,
    cast(
        {{ milliseconds_before(
            'occurred_at', 'case when duration_ms between 0 and 86400000 then duration_ms end'
        ) }} as date
    ) as usage_date,
    tenant_id,
    connector_name,
    status,
    duration_ms,
    record_digest,
    load_id

from {{ ref('stg_connector_completions') }}
where load_id > {{ read_up_to() }} and occurred_at is not null
