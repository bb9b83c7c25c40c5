-- What is compared: an item of a dataset, or the trace of results that name none, under each variant of the agent that
-- it was judged under. Better is always more: a score of which less is better changes its sign. Quality is null where
-- the evaluator came to no result.
with

results as (

    select * from {{ ref('int_evaluation_results') }}
    where agent_name is not null and evaluator is not null and dataset is not null

),

single_traces as (

    select trace_id
    from results
    where trace_id is not null
    group by trace_id
    having count(distinct coalesce(item_id, '')) = 1

),

-- A trace in which several items were judged does not say what one of them cost.
traces as (

    select
        totals.trace_id,
        case
            when count(case when totals.calls > 0 then 1 end) = count(totals.cost_usd) then sum(totals.cost_usd)
        end as cost_usd,
        max(totals.duration_ms) as duration_ms

    from {{ ref('int_trace_totals') }} as totals
    inner join single_traces
        on totals.trace_id = single_traces.trace_id
    group by totals.trace_id

),

-- An evaluator is judged by its scores where the seed says so, or where nothing decides what passes.
measures as (

    select
        agent_name,
        evaluator,
        dataset,
        case
            when bool_or(kind = 'score') or count(is_passed) = 0 then 'score'
            else 'pass_rate'
        end as measure,
        bool_and(higher_is_better) as is_higher_better

    from results
    group by agent_name, evaluator, dataset

),

measured as (

    select
        results.*,
        measures.measure,
        measures.measure = 'pass_rate' or measures.is_higher_better as is_higher_better,
        case
            when measures.measure = 'pass_rate' then cast(cast(results.is_passed as integer) as decimal(18, 9))
            when measures.is_higher_better then results.score_value
            else -results.score_value
        end as quality,
        {{ measured('1000 * traces.cost_usd') }} as cost_thousandths_usd,
        {{ measured('traces.duration_ms / 1000') }} as duration_s

    from results
    inner join measures
        on results.agent_name = measures.agent_name
        and results.evaluator = measures.evaluator
        and results.dataset = measures.dataset
    left join traces
        on results.trace_id = traces.trace_id

),

-- Each result stands under its value of each dimension.
dimensions as (

    select
        measured.*,
        names.compared_on,
        case names.compared_on
            when 'release_train' then measured.release_train
            when 'model' then measured.model
            when 'prompt_version' then measured.prompt_version
            when 'mlflow_run' then measured.mlflow_run_id
        end as compared_value

    from measured
    cross join (
        values ('release_train'), ('model'), ('prompt_version'), ('mlflow_run')
    ) as names (compared_on)

),

variants as (

    select
        *,
        compared_on || '=' || compared_value as variant

    from dimensions
    where compared_value is not null

)

select
    -- Only variants of one series are comparable: of one agent, evaluator, dataset and dimension.
    dense_rank() over (order by agent_name, evaluator, dataset, compared_on) as series_id,
    agent_name,
    evaluator,
    coalesce(evaluator_version, '') as evaluator_version,
    dataset,
    measure,
    is_higher_better,
    compared_on,
    variant,
    item_id,
    coalesce('item ' || item_id, 'trace ' || trace_id, 'result ' || result_id) as unit_id,
    min(occurred_at) as first_at,
    {{ exact_mean('quality') }} as quality,
    {{ exact_mean('cost_thousandths_usd') }} as cost_thousandths_usd,
    {{ exact_mean('duration_s') }} as duration_s

from variants
group by
    agent_name,
    evaluator,
    coalesce(evaluator_version, ''),
    dataset,
    measure,
    is_higher_better,
    compared_on,
    variant,
    item_id,
    coalesce('item ' || item_id, 'trace ' || trace_id, 'result ' || result_id)
