select
    sequence,
    recorded_at,
    kind,
    subject,
    occurred_at,
    trace_id,
    payload_digest,
    previous_hash,
    hash

from {{ ref('stg_ledger') }}
