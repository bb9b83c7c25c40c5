select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'incident_id') }} as incident_id,
    {{ utc_timestamp(json_member('data', 'effective_at')) }} as effective_at,
    {{ json_member('data', 'severity') }} as severity,
    {{ json_member('data', 'environment') }} as environment,
    {{ json_text('data', 'service_names') }} as service_names,
    occurred_at,
    event_date,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where
    type in (
        'governance.incident.opened',
        'governance.incident.closed'
    )
