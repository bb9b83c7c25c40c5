-- What evaluation events and human reviews say, one row per result.
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

)

select * from evaluations
union all
select * from reviews
