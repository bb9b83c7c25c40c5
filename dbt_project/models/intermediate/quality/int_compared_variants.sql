-- Which variants of a series are held against each other: the ten newest each with each, and of the older ones each
-- with the one that it followed.
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

)

select
    candidates.series_id,
    candidates.agent_name,
    candidates.evaluator,
    candidates.dataset,
    candidates.measure,
    candidates.is_higher_better,
    candidates.compared_on,
    baselines.variant as baseline,
    candidates.variant as candidate,
    baselines.from_newest = candidates.from_newest + 1 as is_next

from ordered as candidates
inner join ordered as baselines
    on candidates.series_id = baselines.series_id
    and candidates.variant != baselines.variant
where
    (candidates.from_newest <= 10 and baselines.from_newest <= 10)
    or baselines.from_newest = candidates.from_newest + 1
