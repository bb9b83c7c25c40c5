-- Each release train against the one before it. A score that moved with the mix of its inputs says less about the
-- release than one that moved alone.
with

trains as (

    select * from {{ ref('int_release_trains') }}

),

mixes as (

    select * from {{ ref('int_release_mixes') }}

),

compared as (

    select * from {{ ref('model_comparison') }}
    where compared_on = 'release_train'

)

select
    cast(trains.agent_name as varchar) as agent_name,
    cast(trains.evaluator as varchar) as evaluator,
    cast(trains.dataset as varchar) as dataset,
    cast(trains.release_train as varchar) as release_train,
    cast(before.release_train as varchar) as previous_release_train,
    cast(trains.first_at as timestamp) as first_at,
    cast(trains.evaluations as bigint) as evaluations,
    cast(trains.items as bigint) as items,
    cast(trains.mean_score as double) as mean_score,
    cast(before.mean_score as double) as previous_mean_score,
    cast(trains.pass_rate as double) as pass_rate,
    cast(before.pass_rate as double) as previous_pass_rate,
    cast(compared.quality_delta as double) as score_drift,
    cast(compared.quality_low as double) as score_drift_low,
    cast(compared.quality_high as double) as score_drift_high,
    cast(compared.verdict as varchar) as verdict,
    cast(score_mix.stability_index as double) as score_mix_psi,
    cast(input_mix.stability_index as double) as input_mix_psi,
    cast({{ mix_band('input_mix.stability_index') }} as varchar) as input_mix_band

from trains
left join trains as before
    on trains.series_id = before.series_id
    and trains.train_number = before.train_number + 1
left join compared
    on trains.agent_name = compared.agent_name
    and trains.evaluator = compared.evaluator
    and trains.dataset = compared.dataset
    and compared.baseline = 'release_train=' || before.release_train
    and compared.candidate = 'release_train=' || trains.release_train
left join mixes as score_mix
    on trains.series_id = score_mix.series_id
    and trains.train_number = score_mix.train_number
    and score_mix.mix = 'score'
left join mixes as input_mix
    on trains.series_id = input_mix.series_id
    and trains.train_number = input_mix.train_number
    and input_mix.mix = 'input'
