select
    source_file as mlflow_store,
    experiment_id,
    run_id as mlflow_run_id,
    mlflow_trace_id,
    trace_id,
    status,
    lifecycle_stage,
    started_at,
    duration_ms,
    span_count,
    tags,
    attributes,
    record_digest,
    load_id

from {{ source('bronze', 'mlflow_traces') }}
