select
    name as model_name,
    version as model_version,
    kind,
    stage,
    status,
    run_id as mlflow_run_id,
    source,
    aliases,
    created_at,
    updated_at,
    description,
    tags,
    is_removed,
    record_digest,
    load_id

from {{ source('bronze', 'mlflow_model_versions') }}
