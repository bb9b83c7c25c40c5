select
    format,
    landing_kind,
    event_id,
    source,
    type as event_type,
    subject,
    occurred_at,
    time_unix_nano,
    dataschema,
    tenant_id,
    data,
    record,
    event_date,
    record_digest,
    load_id,
    ingested_at,
    source_file,
    source_digest

from {{ source('bronze', 'events') }}
