select
    source,
    event_id,
    {{ json_member('data', 'connector_name') }} as connector_name,
    try_cast({{ json_member('data', 'is_premium') }} as boolean) as is_premium,
    {{ utc_timestamp(json_member('data', 'effective_at')) }} as effective_at,
    occurred_at,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where type = 'connector.registered'
