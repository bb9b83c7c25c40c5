select
    experiment_id,
    run_id as mlflow_run_id,
    mlflow_trace_id,
    span_id,
    assessment_id,
    assessment_type,
    evaluator,
    evaluator_kind,
    score_value,
    score_label,
    occurred_at,
    updated_at,
    is_valid,
    attributes,
    is_removed,
    record_digest,
    load_id

from {{ source('bronze', 'mlflow_evaluations') }}
