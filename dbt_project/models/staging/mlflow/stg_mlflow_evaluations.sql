select
    experiment_id,
    run_id as mlflow_run_id,
    mlflow_trace_id,
    assessment_id,
    evaluator,
    evaluator_kind,
    score_value,
    score_label,
    occurred_at,
    attributes,
    record_digest,
    load_id

from {{ source('bronze', 'mlflow_evaluations') }}
