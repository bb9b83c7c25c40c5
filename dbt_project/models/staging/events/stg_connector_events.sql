select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'connector_name') }} as connector_name,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    {{ json_member('data', 'environment') }} as environment,
    try_cast({{ json_member('data', 'is_premium') }} as boolean) as is_premium,
    {{ utc_timestamp(json_member('data', 'effective_at')) }} as effective_at,
    occurred_at,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where type in ('connector.registered', 'connector.enabled', 'connector.disabled')
