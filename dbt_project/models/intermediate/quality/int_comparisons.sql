-- Variants of a series held against each other, by the same version of the evaluator. Where the same items were judged
-- under both, each item is held against itself; otherwise all of one side against all of the other.
with

units as (

    select
        units.series_id,
        units.variant,
        units.evaluator_version,
        units.item_id,
        quantities.quantity,
        case quantities.quantity
            when 'quality' then units.quality
            when 'cost' then units.cost_thousandths_usd
            when 'latency' then units.duration_s
        end as amount

    from {{ ref('int_compared_units') }} as units
    cross join (
        values ('quality'), ('cost'), ('latency')
    ) as quantities (quantity)

),

known as (

    select * from units
    where amount is not null

),

pairs as (

    select * from {{ ref('int_compared_variants') }}

),

differences as (

    select
        pairs.series_id,
        pairs.baseline,
        pairs.candidate,
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
        quantity,
        count(*) as items,
        cast(sum(baseline_amount) as double) / count(*) as baseline_mean,
        cast(sum(candidate_amount) as double) / count(*) as candidate_mean,
        cast(sum(difference) as double) / count(*) as delta,
        sum(difference) as total,
        sum({{ squared('difference') }}) as squares,
        {{ is_binary('baseline_amount') }} and {{ is_binary('candidate_amount') }} as is_binary,
        {{ is_share('baseline_amount') }} and {{ is_share('candidate_amount') }} as is_share

    from differences
    group by series_id, baseline, candidate, quantity

),

versions as (

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
        candidates.quantity,
        cast(sum(baselines.items) as bigint) as baseline_items,
        cast(sum(candidates.items) as bigint) as candidate_items,
        sum(baselines.total) as baseline_total,
        sum(candidates.total) as candidate_total,
        sum(baselines.squares) as baseline_squares,
        sum(candidates.squares) as candidate_squares,
        bool_and(baselines.is_binary and candidates.is_binary) as is_binary,
        bool_and(baselines.is_share and candidates.is_share) as is_share

    from pairs
    inner join versions as candidates
        on pairs.series_id = candidates.series_id
        and pairs.candidate = candidates.variant
    inner join versions as baselines
        on pairs.series_id = baselines.series_id
        and pairs.baseline = baselines.variant
        and candidates.quantity = baselines.quantity
        and candidates.evaluator_version = baselines.evaluator_version
    group by pairs.series_id, pairs.baseline, pairs.candidate, candidates.quantity

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
        quantity,
        'paired' as method,
        items as baseline_items,
        items as candidate_items,
        baseline_mean,
        candidate_mean,
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
        quantity,
        'two_sample' as method,
        baseline_items,
        candidate_items,
        baseline_mean,
        candidate_mean,
        candidate_mean - baseline_mean as delta,
        is_share,
        case
            when is_binary then {{ agresti_share('candidate') }} - {{ agresti_share('baseline') }}
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

)

select
    estimates.*,
    least(baseline_items, candidate_items) >= {{ fewest_items() }} as is_judged

from estimates
qualify row_number() over (
    partition by series_id, baseline, candidate, quantity
    order by
        (least(baseline_items, candidate_items) >= {{ fewest_items() }}) desc,
        (method = 'paired') desc
) = 1
