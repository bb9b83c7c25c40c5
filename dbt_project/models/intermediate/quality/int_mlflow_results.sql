-- What MLflow says of quality: the assessments of its traces, and those metrics of its runs that the evaluators seed
-- names. An expectation is no result, nor is a verdict that was overridden or that the judge failed to reach, nor what
-- was said under a run that is deleted.
with

assessments as (

    select * from {{ ref('stg_mlflow_evaluations') }}
    qualify row_number() over (partition by assessment_id order by load_id desc, record_digest desc) = 1

),

runs as (

    select * from {{ ref('int_mlflow_runs') }}

),

traces as (

    select * from {{ ref('int_mlflow_traces') }}

),

evaluators as (

    select * from {{ ref('evaluators') }}

),

metrics as (

    select
        mlflow_run_id,
        occurred_at,
        agent_name,
        dataset,
        release_train,
        model,
        prompt_version,
        {{ unnest_map('metrics') }}

    from runs
    where is_active

),

results as (

    select
        'mlflow ' || assessments.assessment_id as result_id,
        assessments.occurred_at,
        traces.trace_id,
        coalesce(traces.agent_name, runs.agent_name) as agent_name,
        assessments.evaluator,
        assessments.evaluator_kind,
        runs.model,
        runs.prompt_version,
        coalesce(traces.dataset, runs.dataset) as dataset,
        traces.item_id,
        coalesce(traces.release_train, runs.release_train) as release_train,
        coalesce(assessments.mlflow_run_id, traces.mlflow_run_id) as mlflow_run_id,
        {{ measured('assessments.score_value') }} as score_value,
        assessments.score_label

    from assessments
    left join traces
        on assessments.mlflow_trace_id = traces.mlflow_trace_id
    left join runs
        on coalesce(assessments.mlflow_run_id, traces.mlflow_run_id) = runs.mlflow_run_id
    where
        assessments.assessment_type = 'feedback'
        and assessments.is_valid
        and assessments.error_code is null
        and assessments.lifecycle_stage = 'active'
        and coalesce(traces.is_active, true)
        and coalesce(runs.is_active, true)

    union all

    select
        'mlflow ' || mlflow_run_id || ' ' || attribute as result_id,
        occurred_at,
        null as trace_id,
        agent_name,
        attribute as evaluator,
        null as evaluator_kind,
        model,
        prompt_version,
        dataset,
        null as item_id,
        release_train,
        mlflow_run_id,
        {{ measured('value') }} as score_value,
        null as score_label

    from metrics
    where attribute in (select evaluator from evaluators)

),

versioned as (

    select
        *,
        cast(occurred_at as date) as event_date,
        cast(null as varchar) as evaluator_version

    from results

)

{{ judged('versioned') }}
