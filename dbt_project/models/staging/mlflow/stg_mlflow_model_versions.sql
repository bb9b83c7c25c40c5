select
    source_file as mlflow_store,
    name as model_name,
    version as model_version,
    kind as model_kind,
    stage as model_stage,
    status,
    lifecycle_stage,
    run_id as mlflow_run_id,
    source as model_source,
    aliases,
    description,
    created_at,
    updated_at,
    tags,
    record_digest,
    load_id

from {{ source('bronze', 'mlflow_model_versions') }}
