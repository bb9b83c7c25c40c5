-- The release trains of an agent as one evaluator saw them on one dataset, in the order in which they appeared.
with

results as (

    select * from {{ ref('int_evaluation_results') }}
    where agent_name is not null and evaluator is not null and dataset is not null and release_train is not null

)

select
    agent_name,
    evaluator,
    dataset,
    release_train,
    dense_rank() over (order by agent_name, evaluator, dataset) as series_id,
    row_number() over (
        partition by agent_name, evaluator, dataset order by min(occurred_at), release_train
    ) as train_number,
    min(occurred_at) as first_at,
    count(*) as evaluations,
    count(distinct item_id) as items,
    cast(sum(score_value) as double) / nullif(count(score_value), 0) as mean_score,
    cast(count(case when is_passed then 1 end) as double) / nullif(count(is_passed), 0) as pass_rate

from results
group by agent_name, evaluator, dataset, release_train
