select
    event_date as span_date,
    trace_id,
    span_id,
    parent_span_id,
    name as span_name,
    kind,
    status_code,
    status_message,
    trace_state,
    start_time_unix_nano,
    end_time_unix_nano,
    started_at,
    ended_at,
    attributes,
    attribute_types,
    resource_attributes,
    resource_attribute_types,
    scope_name,
    scope_version,
    record_digest,
    load_id

from {{ source('bronze', 'spans') }}
