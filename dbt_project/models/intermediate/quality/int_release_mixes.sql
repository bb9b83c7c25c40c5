-- How a release train's scores and the sizes of its inputs differ from those of the train before: the population
-- stability index, over tenths of a score and over powers of two of input tokens. Half a result is added to each part,
-- so that an empty one does not make it infinite.
with

trains as (

    select * from {{ ref('int_release_trains') }}

),

results as (

    select
        trains.series_id,
        trains.train_number,
        results.trace_id,
        results.score_value

    from {{ ref('int_evaluation_results') }} as results
    inner join trains
        on results.agent_name = trains.agent_name
        and results.evaluator = trains.evaluator
        and results.dataset = trains.dataset
        and results.release_train = trains.release_train

),

inputs as (

    select
        trace_id,
        sum(input_tokens) as input_tokens

    from {{ ref('int_trace_totals') }}
    where calls > 0
    group by trace_id
    having count(*) = count(input_tokens)

),

told as (

    select
        series_id,
        train_number,
        'score' as mix,
        floor(10 * score_value) as part

    from results
    where score_value is not null

    union all

    select
        results.series_id,
        results.train_number,
        'input' as mix,
        floor(log2(1 + inputs.input_tokens)) as part

    from results
    inner join inputs
        on results.trace_id = inputs.trace_id

),

counted as (

    select
        series_id,
        train_number,
        mix,
        part,
        count(*) as results

    from told
    group by series_id, train_number, mix, part

),

-- A part of either train is a part of both, if only an empty one.
held_together as (

    select
        series_id,
        train_number,
        mix,
        part,
        results,
        0 as results_before

    from counted

    union all

    select
        series_id,
        train_number + 1 as train_number,
        mix,
        part,
        0 as results,
        results as results_before

    from counted

),

parts as (

    select
        series_id,
        train_number,
        mix,
        part,
        cast(sum(results) as bigint) as results,
        cast(sum(results_before) as bigint) as results_before

    from held_together
    group by series_id, train_number, mix, part

),

shares as (

    select
        *,
        (results + 0.5) / (sum(results) over mixes + 0.5 * count(*) over mixes) as share,
        (results_before + 0.5) / (sum(results_before) over mixes + 0.5 * count(*) over mixes) as share_before

    from parts
    window
        mixes as (partition by series_id, train_number, mix)

)

select
    series_id,
    train_number,
    mix,
    sum(results) as results,
    sum(results_before) as results_before,
    round(sum((share - share_before) * ln(share / share_before) order by part), 9) as stability_index

from shares
group by series_id, train_number, mix
having sum(results) >= {{ fewest_results_of_a_mix() }} and sum(results_before) >= {{ fewest_results_of_a_mix() }}
