with

compared as (

    select
        variants.agent_name,
        variants.evaluator,
        variants.dataset,
        variants.measure,
        variants.is_higher_better,
        variants.compared_on,
        variants.baseline,
        variants.candidate,
        variants.is_candidate_judged,
        comparisons.* exclude (series_id, baseline, candidate)

    from {{ ref('int_compared_variants') }} as variants
    left join {{ ref('int_comparisons') }} as comparisons
        on variants.series_id = comparisons.series_id
        and variants.baseline = comparisons.baseline
        and variants.candidate = comparisons.candidate

),

-- All evaluators and datasets of an agent are looked at together, so each is held to its part of the 5 % (Bonferroni).
families as (

    select
        *,
        count(case when quantity = 'quality' and is_judged then 1 end)
            over (partition by agent_name, baseline, candidate) as family_size

    from compared

),

quantiles as (

    select
        *,
        case
            when quantity = 'quality' and family_size > 1 then {{ normal_quantile('0.025 / family_size') }}
            else {{ z_95() }}
        end as z

    from families

),

intervals as (

    select
        *,
        center - standard_error * {{ student_t('z', 'degrees') }} as low,
        center + standard_error * {{ student_t('z', 'degrees') }} as high

    from quantiles

),

pivoted as (

    select
        agent_name,
        evaluator,
        dataset,
        baseline,
        candidate,
        compared_on,
        measure,
        is_higher_better,
        is_candidate_judged,
        max(evaluator_version) as evaluator_version,
        {{ of_quantity('quality', 'baseline_mean') }} as baseline_quality,
        {{ of_quantity('quality', 'candidate_mean') }} as candidate_quality,
        {{ of_quantity('quality', 'delta') }} as quality_delta,
        {{ of_quantity('quality', 'low') }} as quality_low,
        {{ of_quantity('quality', 'high') }} as quality_high,
        {{ of_quantity('cost', 'baseline_mean') }} as baseline_cost,
        {{ of_quantity('cost', 'delta') }} as cost_delta,
        {{ of_quantity('cost', 'items') }} as cost_items,
        {{ of_quantity('cost', 'case when is_judged then low end') }} as cost_low,
        {{ of_quantity('cost', 'case when is_judged then high end') }} as cost_high,
        {{ of_quantity('latency', 'baseline_mean') }} as baseline_latency,
        {{ of_quantity('latency', 'delta') }} as latency_delta,
        {{ of_quantity('latency', 'items') }} as latency_items,
        {{ of_quantity('latency', 'case when is_judged then low end') }} as latency_low,
        {{ of_quantity('latency', 'case when is_judged then high end') }} as latency_high,
        {{ of_quantity('quality', 'method') }} as method,
        {{ of_quantity('quality', 'baseline_items') }} as baseline_items,
        {{ of_quantity('quality', 'candidate_items') }} as candidate_items,
        {{ of_quantity('quality', 'baseline_unjudged') }} as baseline_unjudged,
        {{ of_quantity('quality', 'candidate_unjudged') }} as candidate_unjudged,
        {{ of_quantity('quality', 'unjudged_share') }} > {{ most_unjudged() }} as are_results_missing,
        {{ of_quantity('quality', 'is_judged') }} as is_judged,
        {{ var('tolerated_loss', 0.05) }}
        * case
            when {{ of_quantity('quality', 'is_share') }} then 1
            else greatest(
                abs({{ of_quantity('quality', 'baseline_mean') }}),
                {{ of_quantity('quality', 'baseline_deviation') }}
            )
        end as tolerated_loss

    from intervals
    group by
        agent_name, evaluator, dataset, baseline, candidate, compared_on, measure, is_higher_better, is_candidate_judged

),

judged as (

    select
        *,
        case
            when is_judged and quality_low > -tolerated_loss and not are_results_missing then 'pass'
            when is_judged and quality_low <= -tolerated_loss and quality_high < 0 then 'regress'
            else 'inconclusive'
        end as verdict

    from pivoted

)

select
    cast(agent_name as varchar) as agent_name,
    cast(evaluator as varchar) as evaluator,
    cast(dataset as varchar) as dataset,
    cast(baseline as varchar) as baseline,
    cast(candidate as varchar) as candidate,
    cast(compared_on as varchar) as compared_on,
    cast(measure as varchar) as measure,
    cast(nullif(evaluator_version, '') as varchar) as evaluator_version,
    cast(method as varchar) as method,
    cast(baseline_items as bigint) as baseline_items,
    cast(candidate_items as bigint) as candidate_items,
    cast(baseline_unjudged as bigint) as baseline_unjudged,
    cast(candidate_unjudged as bigint) as candidate_unjudged,
    cast(case when is_higher_better then 1 else -1 end * baseline_quality as double) as baseline_quality,
    cast(case when is_higher_better then 1 else -1 end * candidate_quality as double) as candidate_quality,
    cast(quality_delta as double) as quality_delta,
    cast(quality_low as double) as quality_low,
    cast(quality_high as double) as quality_high,
    cast(tolerated_loss as double) as tolerated_loss,
    cast(cost_items as bigint) as cost_items,
    cast(baseline_cost / 1000 as double) as baseline_cost_usd,
    cast(cost_delta / 1000 as double) as cost_delta,
    cast(cost_low / 1000 as double) as cost_low,
    cast(cost_high / 1000 as double) as cost_high,
    cast(latency_items as bigint) as latency_items,
    cast(baseline_latency * 1000 as double) as baseline_latency_ms,
    cast(latency_delta * 1000 as double) as latency_delta,
    cast(latency_low * 1000 as double) as latency_low,
    cast(latency_high * 1000 as double) as latency_high,
    cast(verdict as varchar) as verdict,
    cast(
        case
            when not is_candidate_judged then 'candidate_not_judged'
            when is_judged is null then 'no_common_evaluator_version'
            when not is_judged then 'too_few_items'
            when verdict = 'pass' and quality_high < 0 then 'worse_within_tolerance'
            when verdict = 'pass' and quality_low > 0 then 'better'
            when verdict = 'pass' then 'no_intolerable_loss'
            when verdict = 'regress' then 'worse'
            when quality_low > -tolerated_loss then 'results_missing'
            else 'interval_too_wide'
        end as varchar
    ) as reason

from judged
