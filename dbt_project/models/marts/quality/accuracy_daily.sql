with

evaluations as (

    select * from {{ ref('int_evaluation_results') }}
    where event_date is not null

),

daily as (

    select
        event_date as evaluation_date,
        coalesce(agent_name, 'unknown') as agent_name,
        coalesce(evaluator, 'unknown') as evaluator,
        coalesce(model, 'unknown') as model,
        coalesce(prompt_version, 'unknown') as prompt_version,
        coalesce(dataset, 'unknown') as dataset,
        coalesce(release_train, 'unknown') as release_train,
        count(*) as evaluations,
        count(score_value) as scores,
        sum(score_value) as total_score,
        sum({{ squared('score_value') }}) as total_squares,
        count(is_passed) as verdicts,
        count(case when is_passed then 1 end) as passes,
        max(mlflow_run_id) as mlflow_run_id,
        max(trace_id) as trace_id

    from evaluations
    group by 1, 2, 3, 4, 5, 6, 7

)

select
    cast(evaluation_date as date) as evaluation_date,
    cast(agent_name as varchar) as agent_name,
    cast(evaluator as varchar) as evaluator,
    cast(model as varchar) as model,
    cast(prompt_version as varchar) as prompt_version,
    cast(dataset as varchar) as dataset,
    cast(release_train as varchar) as release_train,
    cast(evaluations as bigint) as evaluations,
    cast(scores as bigint) as scored_evaluations,
    cast(verdicts as bigint) as decided_evaluations,
    cast(total_score as double) / nullif(scores, 0) as mean_score,
    cast(total_score as double) / nullif(scores, 0)
    - {{ t_half_width('scores', 'total_score', 'total_squares') }} as score_low,
    cast(total_score as double) / nullif(scores, 0)
    + {{ t_half_width('scores', 'total_score', 'total_squares') }} as score_high,
    cast(passes as double) / nullif(verdicts, 0) as pass_rate,
    {{ wilson_low('passes', 'verdicts') }} as pass_low,
    {{ wilson_high('passes', 'verdicts') }} as pass_high,
    cast({{ mlflow_run_url('mlflow_run_id') }} as varchar) as mlflow_run_url,
    cast({{ trace_url('trace_id') }} as varchar) as trace_url

from daily
