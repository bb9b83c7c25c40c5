select
    table_name,
    event_date,
    trace_id,
    record_digest,
    load_id

from {{ source('bronze', 'removals') }}
