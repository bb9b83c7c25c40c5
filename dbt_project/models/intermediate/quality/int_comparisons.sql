-- Variants of a series held against each other, by one version of the evaluator: of those that judged both, the one
-- that judged most. Where the same items were judged under both, each item is held against itself; otherwise all of one
-- side against all of the other.
with

units as (

    select * from {{ ref('int_compared_units') }}

),

amounts as (

    select
        units.series_id,
        units.variant,
        units.evaluator_version,
        units.is_higher_better,
        units.unit_id,
        units.item_id,
        quantities.quantity,
        case quantities.quantity
            when 'quality' then units.quality
            when 'cost' then units.cost_thousandths_usd
            when 'latency' then units.duration_s
        end as amount

    from units
    cross join (
        values ('quality'), ('cost'), ('latency')
    ) as quantities (quantity)

),

known as (

    select * from amounts
    where amount is not null

),

coverage as (

    select
        series_id,
        variant,
        evaluator_version,
        count(*) as attempted,
        count(*) - count(quality) as unjudged

    from units
    group by series_id, variant, evaluator_version

),

pairs as (

    select * from {{ ref('int_compared_variants') }}
    where is_candidate_judged

),

differences as (

    select
        pairs.series_id,
        pairs.baseline,
        pairs.candidate,
        pairs.is_higher_better,
        candidates.evaluator_version,
        candidates.quantity,
        baselines.amount as baseline_amount,
        candidates.amount as candidate_amount,
        cast(candidates.amount - baselines.amount as decimal(18, 9)) as difference

    from pairs
    inner join known as candidates
        on pairs.series_id = candidates.series_id
        and pairs.candidate = candidates.variant
    inner join known as baselines
        on pairs.series_id = baselines.series_id
        and pairs.baseline = baselines.variant
        and candidates.quantity = baselines.quantity
        and candidates.evaluator_version = baselines.evaluator_version
        and candidates.item_id = baselines.item_id

),

paired as (

    select
        series_id,
        baseline,
        candidate,
        evaluator_version,
        quantity,
        count(*) as items,
        cast(sum(baseline_amount) as double) / count(*) as baseline_mean,
        cast(sum(candidate_amount) as double) / count(*) as candidate_mean,
        cast(sum(difference) as double) / count(*) as delta,
        sum(baseline_amount) as baseline_total,
        sum({{ squared('baseline_amount') }}) as baseline_squares,
        sum(difference) as total,
        sum({{ squared('difference') }}) as squares,
        {{ is_binary('baseline_amount') }} and {{ is_binary('candidate_amount') }} as is_binary,
        {{ is_share('baseline_amount') }} and {{ is_share('candidate_amount') }} as is_share

    from differences
    group by series_id, baseline, candidate, evaluator_version, quantity

),

sides as (

    select
        series_id,
        variant,
        quantity,
        evaluator_version,
        count(*) as items,
        sum(amount) as total,
        sum({{ squared('amount') }}) as squares,
        {{ is_binary('amount') }} as is_binary,
        {{ is_share('amount') }} as is_share

    from known
    group by series_id, variant, quantity, evaluator_version

),

unpaired as (

    select
        pairs.series_id,
        pairs.baseline,
        pairs.candidate,
        candidates.evaluator_version,
        candidates.quantity,
        case when pairs.is_higher_better then 1 else -1 end as outcome_sign,
        baselines.items as baseline_items,
        candidates.items as candidate_items,
        baselines.total as baseline_total,
        candidates.total as candidate_total,
        baselines.squares as baseline_squares,
        candidates.squares as candidate_squares,
        baselines.is_binary and candidates.is_binary as is_binary,
        baselines.is_share and candidates.is_share as is_share

    from pairs
    inner join sides as candidates
        on pairs.series_id = candidates.series_id
        and pairs.candidate = candidates.variant
    inner join sides as baselines
        on pairs.series_id = baselines.series_id
        and pairs.baseline = baselines.variant
        and candidates.quantity = baselines.quantity
        and candidates.evaluator_version = baselines.evaluator_version

),

spread as (

    select
        *,
        cast(baseline_total as double) / baseline_items as baseline_mean,
        cast(candidate_total as double) / candidate_items as candidate_mean,
        case
            when baseline_items >= 2
                then {{ variance('baseline_items', 'baseline_total', 'baseline_squares') }} / baseline_items
        end as baseline_error,
        case
            when candidate_items >= 2
                then {{ variance('candidate_items', 'candidate_total', 'candidate_squares') }} / candidate_items
        end as candidate_error

    from unpaired

),

-- Shares of two or of paired outcomes: Agresti and Caffo 2000, Agresti and Min 2005, which stay honest where nearly all
-- or none passed. Means: Student for pairs, Welch for two samples.
estimates as (

    select
        series_id,
        baseline,
        candidate,
        evaluator_version,
        quantity,
        'paired' as method,
        items as baseline_items,
        items as candidate_items,
        baseline_mean,
        candidate_mean,
        case when items >= 2 then sqrt({{ variance('items', 'baseline_total', 'baseline_squares') }}) end
            as baseline_deviation,
        delta,
        is_share,
        case when is_binary then cast(total as double) / (items + 2) else delta end as center,
        case
            when is_binary
                then sqrt(cast(squares as double) + 1 - power(cast(total as double), 2) / (items + 2)) / (items + 2)
            when items >= 2 then sqrt({{ variance('items', 'total', 'squares') }} / items)
        end as standard_error,
        case when not is_binary then cast(items - 1 as double) end as degrees

    from paired

    union all

    select
        series_id,
        baseline,
        candidate,
        evaluator_version,
        quantity,
        'two_sample' as method,
        baseline_items,
        candidate_items,
        baseline_mean,
        candidate_mean,
        sqrt(baseline_error * baseline_items) as baseline_deviation,
        candidate_mean - baseline_mean as delta,
        is_share,
        case
            when is_binary then outcome_sign * ({{ agresti_share('candidate') }} - {{ agresti_share('baseline') }})
            else candidate_mean - baseline_mean
        end as center,
        case
            when is_binary
                then sqrt({{ agresti_error('candidate') }} + {{ agresti_error('baseline') }})
            else sqrt(candidate_error + baseline_error)
        end as standard_error,
        case
            when not is_binary and candidate_error + baseline_error > 0
                then
                    power(candidate_error + baseline_error, 2)
                    / (
                        power(candidate_error, 2) / (candidate_items - 1)
                        + power(baseline_error, 2) / (baseline_items - 1)
                    )
        end as degrees

    from spread

),

weighed as (

    select
        *,
        least(baseline_items, candidate_items) as items,
        least(baseline_items, candidate_items) >= {{ fewest_items() }} as is_judged

    from estimates

),

-- The amount of data decides, never the outcome.
chosen as (

    select
        series_id,
        baseline,
        candidate,
        evaluator_version

    from weighed
    where quantity = 'quality'
    qualify row_number() over (
        partition by series_id, baseline, candidate
        order by is_judged desc, (method = 'paired') desc, items desc, evaluator_version desc
    ) = 1

)

select
    weighed.*,
    baselines.unjudged as baseline_unjudged,
    candidates.unjudged as candidate_unjudged,
    greatest(
        1.0 * baselines.unjudged / baselines.attempted,
        1.0 * candidates.unjudged / candidates.attempted
    ) as unjudged_share

from weighed
inner join chosen
    on weighed.series_id = chosen.series_id
    and weighed.baseline = chosen.baseline
    and weighed.candidate = chosen.candidate
    and weighed.evaluator_version = chosen.evaluator_version
inner join coverage as baselines
    on weighed.series_id = baselines.series_id
    and weighed.baseline = baselines.variant
    and weighed.evaluator_version = baselines.evaluator_version
inner join coverage as candidates
    on weighed.series_id = candidates.series_id
    and weighed.candidate = candidates.variant
    and weighed.evaluator_version = candidates.evaluator_version
qualify row_number() over (
    partition by weighed.series_id, weighed.baseline, weighed.candidate, weighed.quantity
    order by weighed.is_judged desc, (weighed.method = 'paired') desc
) = 1
