select
    source_file as mlflow_store,
    experiment_id,
    run_id as mlflow_run_id,
    mlflow_trace_id,
    trace_id,
    span_id,
    assessment_id,
    assessment_type,
    evaluator,
    evaluator_kind,
    score_value,
    score_label,
    is_valid,
    overrides as overridden_assessment_id,
    error_code,
    lifecycle_stage,
    occurred_at,
    updated_at,
    attributes,
    record_digest,
    load_id

from {{ source('bronze', 'mlflow_evaluations') }}
