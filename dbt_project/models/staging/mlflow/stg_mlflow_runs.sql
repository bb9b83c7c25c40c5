select
    source_file as mlflow_store,
    experiment_id,
    experiment_name,
    run_id as mlflow_run_id,
    run_name,
    status,
    lifecycle_stage,
    started_at,
    ended_at,
    params,
    metrics,
    tags,
    record_digest,
    load_id

from {{ source('bronze', 'mlflow_runs') }}
