-- How a release train's scores and the sizes of its inputs differ from those of the train before, trace by trace: the
-- population stability index, over the deciles of the earlier scores and over powers of two of input tokens, less what
-- chance alone is expected to give. Half a trace is added to each part, so that an empty one does not make it infinite.
with

trains as (

    select * from {{ ref('int_release_trains') }}

),

-- Several results of a trace are one.
results as (

    select
        trains.series_id,
        trains.train_number,
        results.trace_id,
        coalesce(results.trace_id, results.result_id) as unit_id,
        {{ exact_mean('results.score_value') }} as score_value

    from {{ ref('int_evaluation_results') }} as results
    inner join trains
        on results.agent_name = trains.agent_name
        and results.evaluator = trains.evaluator
        and results.dataset = trains.dataset
        and results.release_train = trains.release_train
    group by trains.series_id, trains.train_number, results.trace_id, coalesce(results.trace_id, results.result_id)

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

deciles as (

    select
        series_id,
        train_number,
        {{ deciles('score_value') }} as deciles

    from results
    where score_value is not null
    group by series_id, train_number

),

-- Each result stands in its own train and, as what was before, in the next one.
sides as (

    select
        series_id,
        train_number,
        train_number - 1 as number_before,
        trace_id,
        score_value,
        false as is_before

    from results

    union all

    select
        series_id,
        train_number + 1 as train_number,
        train_number as number_before,
        trace_id,
        score_value,
        true as is_before

    from results

),

told as (

    select
        sides.series_id,
        sides.train_number,
        sides.is_before,
        'score' as mix,
        {{ part_by_deciles('sides.score_value', 'deciles.deciles') }} as part

    from sides
    inner join deciles
        on sides.series_id = deciles.series_id
        and sides.number_before = deciles.train_number
    where sides.score_value is not null

    union all

    select
        sides.series_id,
        sides.train_number,
        sides.is_before,
        'input' as mix,
        floor(log2(1 + inputs.input_tokens)) as part

    from sides
    inner join inputs
        on sides.trace_id = inputs.trace_id

),

parts as (

    select
        series_id,
        train_number,
        mix,
        part,
        count(case when not is_before then 1 end) as traces,
        count(case when is_before then 1 end) as traces_before

    from told
    group by series_id, train_number, mix, part

),

shares as (

    select
        *,
        (traces + 0.5) / (sum(traces) over mixes + 0.5 * count(*) over mixes) as share,
        (traces_before + 0.5) / (sum(traces_before) over mixes + 0.5 * count(*) over mixes) as share_before

    from parts
    window
        mixes as (partition by series_id, train_number, mix)

),

indices as (

    select
        series_id,
        train_number,
        mix,
        sum(traces) as traces,
        sum(traces_before) as traces_before,
        count(*) as parts,
        sum((share - share_before) * ln(share / share_before) order by part) as whole_index

    from shares
    group by series_id, train_number, mix

)

-- Of two samples of one mix, the index times n m / (n + m) is nearly chi-squared, of one degree fewer than parts.
select
    series_id,
    train_number,
    mix,
    traces,
    traces_before,
    round(
        greatest(whole_index - (parts - 1) * (1.0 / traces + 1.0 / traces_before), 0), 9
    ) as stability_index

from indices
where traces >= {{ fewest_traces_of_a_mix() }} and traces_before >= {{ fewest_traces_of_a_mix() }}
