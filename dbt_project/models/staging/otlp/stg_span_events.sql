select
    event_date as span_date,
    trace_id,
    span_id,
    event_index,
    name as event_name,
    time_unix_nano,
    occurred_at,
    attributes,
    record_digest,
    load_id

from {{ source('bronze', 'span_events') }}
