select
    event_date as span_date,
    trace_id,
    span_id,
    link_index,
    linked_trace_id,
    linked_span_id,
    attributes,
    record_digest,
    load_id

from {{ source('bronze', 'span_links') }}
