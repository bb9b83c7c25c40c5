select
    source,
    event_id,
    {{ json_member('data', 'call_id') }} as connector_call_id,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    {{ json_member('data', 'connector_name') }} as connector_name,
    {{ json_member('data', 'status') }} as status,
    {{ finite(json_member('data', 'duration_ms')) }} as duration_ms,
    occurred_at,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where type = 'connector.call.completed'
