select
    event_date as log_date,
    trace_id,
    span_id,
    time_unix_nano,
    observed_time_unix_nano,
    occurred_at,
    severity_number,
    severity_text,
    coalesce(event_name, {{ map_text('attributes', 'event.name') }}) as event_name,
    body,
    attributes,
    resource_attributes,
    scope_name,
    record_digest,
    load_id

from {{ source('bronze', 'log_records') }}
