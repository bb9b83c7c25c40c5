select
    source_file as mlflow_store,
    experiment_id,
    run_id as mlflow_run_id,
    key as metric_name,
    value as metric_value,
    step,
    recorded_at,
    record_digest,
    load_id

from {{ source('bronze', 'mlflow_metrics') }}
