select
    source_file,
    source_digest,
    source_kind,
    bytes_read,
    start_offset,
    end_offset,
    records_found,
    rows_landed,
    rows_quarantined,
    rows_duplicate,
    started_at,
    finished_at,
    decoder_version,
    is_complete,
    load_id,
    ingested_at

from {{ source('bronze', 'ingest_log') }}
