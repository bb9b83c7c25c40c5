-- Which variants of a series are held against each other: the ten newest each with each, and of the older ones each
-- with the one that it followed; and by whom the candidate of such a pair was not judged although the baseline was.
with

variants as (

    select
        series_id,
        agent_name,
        evaluator,
        dataset,
        measure,
        is_higher_better,
        compared_on,
        variant,
        min(first_at) as first_at

    from {{ ref('int_compared_units') }}
    group by series_id, agent_name, evaluator, dataset, measure, is_higher_better, compared_on, variant

),

ordered as (

    select
        *,
        row_number() over (partition by series_id order by first_at desc, variant desc) as from_newest

    from variants

),

pairs as (

    select
        candidates.series_id,
        candidates.agent_name,
        candidates.evaluator,
        candidates.dataset,
        candidates.measure,
        candidates.is_higher_better,
        candidates.compared_on,
        baselines.variant as baseline,
        candidates.variant as candidate

    from ordered as candidates
    inner join ordered as baselines
        on candidates.series_id = baselines.series_id
        and candidates.variant != baselines.variant
    where
        (candidates.from_newest <= 10 and baselines.from_newest <= 10)
        or baselines.from_newest = candidates.from_newest + 1

),

pairs_of_agents as (

    select distinct
        agent_name,
        compared_on,
        baseline,
        candidate

    from pairs

)

select
    *,
    true as is_candidate_judged

from pairs

union all

-- What judged the baseline and never the candidate.
select
    baselines.series_id,
    baselines.agent_name,
    baselines.evaluator,
    baselines.dataset,
    baselines.measure,
    baselines.is_higher_better,
    baselines.compared_on,
    baselines.variant as baseline,
    pairs_of_agents.candidate,
    false as is_candidate_judged

from pairs_of_agents
inner join variants as baselines
    on pairs_of_agents.agent_name = baselines.agent_name
    and pairs_of_agents.compared_on = baselines.compared_on
    and pairs_of_agents.baseline = baselines.variant
left join variants as candidates
    on baselines.series_id = candidates.series_id
    and pairs_of_agents.candidate = candidates.variant
where candidates.variant is null
