select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'exception_id') }} as exception_id,
    {{ json_member('data', 'actor_id') }} as actor_id,
    {{ json_member('data', 'reason') }} as reason,
    {{ utc_timestamp(json_member('data', 'until')) }} as waived_until,
    occurred_at,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where
    type in (
        'governance.exception.acknowledged',
        'governance.exception.waived',
        'governance.exception.resolved'
    )
