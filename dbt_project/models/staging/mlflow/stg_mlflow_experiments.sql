select
    source_file as mlflow_store,
    experiment_id,
    experiment_name,
    lifecycle_stage,
    created_at,
    updated_at,
    tags,
    record_digest,
    load_id

from {{ source('bronze', 'mlflow_experiments') }}
