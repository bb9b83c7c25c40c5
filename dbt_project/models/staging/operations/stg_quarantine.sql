select
    source_file,
    source_digest,
    byte_offset,
    byte_length,
    signal,
    reason_code,
    reason,
    raw,
    raw_digest,
    quarantined_at,
    load_id

from {{ source('bronze', 'quarantine') }}
