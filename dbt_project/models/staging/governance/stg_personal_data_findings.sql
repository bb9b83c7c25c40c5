select
    table_name,
    record_digest,
    event_date,
    occurred_at,
    ingested_at,
    sender,
    tenant_id,
    trace_id,
    span_id,
    place,
    detector,
    start_offset,
    end_offset,
    value_hash,
    load_id

from {{ source('governance', 'personal_data_findings') }}
