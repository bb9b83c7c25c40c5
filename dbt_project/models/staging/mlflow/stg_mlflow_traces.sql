select
    experiment_id,
    run_id as mlflow_run_id,
    mlflow_trace_id,
    trace_id,
    status,
    started_at,
    duration_ms,
    span_count,
    tags,
    attributes,
    is_removed,
    record_digest,
    load_id

from {{ source('bronze', 'mlflow_traces') }}
