select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'hold_id') }} as hold_id,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    {{ json_member('data', 'data_class') }} as data_class,
    {{ json_member('data', 'reason') }} as reason,
    occurred_at,
    event_date,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where
    type in (
        'governance.hold.placed',
        'governance.hold.released'
    )
