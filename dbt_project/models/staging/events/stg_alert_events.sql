select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'alert_id') }} as alert_id,
    {{ json_member('data', 'actor_id') }} as actor_id,
    occurred_at,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where type in ('governance.alert.acknowledged', 'governance.alert.closed')
