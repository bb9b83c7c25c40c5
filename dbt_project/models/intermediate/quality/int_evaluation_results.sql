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

told as (

    select
        *,
        row_number() over (
            partition by trace_id, evaluator, item_id, score_value, is_passed order by result_id
        ) as copy

    from {{ ref('int_mlflow_results') }}

),

-- An event and an assessment are one result where nothing that both say differs; each event takes up one assessment.
told_twice as (

    select
        told.result_id,
        told.copy,
        count(*) as events

    from told
    inner join evaluations
        on told.trace_id = evaluations.trace_id
        and told.evaluator = evaluations.evaluator
        and coalesce(told.item_id = evaluations.item_id, true)
        and coalesce(told.score_value = evaluations.score_value, true)
        and coalesce(told.is_passed = evaluations.is_passed, true)
        and coalesce(
            told.score_value = evaluations.score_value,
            told.is_passed = evaluations.is_passed,
            false
        )
    group by told.result_id, told.copy

),

mlflow as (

    select
        told.result_id,
        case when told.evaluator_kind = 'HUMAN' then 'review' else 'mlflow' end as told_by,
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

    from told
    left join told_twice
        on told.result_id = told_twice.result_id
        and told_twice.copy <= told_twice.events
    where told_twice.result_id is null

)

select * from evaluations
union all
select * from reviews
union all
select * from mlflow
