-- What evaluation events, human reviews and MLflow say, one row per result. What an event of a trace and MLflow's
-- assessment of it both say counts once, by the event.
with

evaluations as (

    select
        evaluation_id as result_id,
        'event' as told_by,
        event_date,
        occurred_at,
        trace_id,
        agent_name,
        evaluator,
        evaluator_version,
        model,
        prompt_version,
        dataset,
        item_id,
        release_train,
        mlflow_run_id,
        kind,
        higher_is_better,
        score_value,
        score_label,
        is_passed

    from {{ ref('int_evaluations') }}

),

reviews as (

    select
        result_id,
        'review' as told_by,
        event_date,
        occurred_at,
        trace_id,
        agent_name,
        evaluator,
        evaluator_version,
        cast(null as varchar) as model,
        prompt_version,
        dataset,
        cast(null as varchar) as item_id,
        cast(null as varchar) as release_train,
        cast(null as varchar) as mlflow_run_id,
        kind,
        higher_is_better,
        score_value,
        score_label,
        is_passed

    from {{ ref('int_review_results') }}

),

mlflow as (

    select
        told.result_id,
        'mlflow' as told_by,
        told.event_date,
        told.occurred_at,
        told.trace_id,
        told.agent_name,
        told.evaluator,
        told.evaluator_version,
        told.model,
        told.prompt_version,
        told.dataset,
        told.item_id,
        told.release_train,
        told.mlflow_run_id,
        told.kind,
        told.higher_is_better,
        told.score_value,
        told.score_label,
        told.is_passed

    from {{ ref('int_mlflow_results') }} as told
    left join evaluations
        on told.trace_id = evaluations.trace_id
        and told.evaluator = evaluations.evaluator
        and told.score_value is not distinct from evaluations.score_value
        and told.is_passed is not distinct from evaluations.is_passed
    where evaluations.result_id is null

)

select * from evaluations
union all
select * from reviews
union all
select * from mlflow
