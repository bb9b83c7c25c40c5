{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days() %}

-- What every signal says of a service's usage of a model on a day, and which of them counts.
with

usage_sources as (

    select
        source_name,
        min(rank) as rank

    from {{ ref('usage_sources') }}
    group by source_name

),

model_references as (

    select * from {{ ref('int_model_references') }}

),

told as (

    select
        usage_date,
        'spans' as source_name,
        service_name,
        provider_name,
        request_model,
        response_model,
        counted_as,
        is_usage_known,
        is_failed,
        is_sampling_known,
        retry_attempt,
        sampling_weight,
        sampling_weight as requests,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        visible_output_tokens,
        reasoning_tokens

    from {{ ref('int_span_usage') }}
    where {{ in_days('usage_date', days) }}

    union all

    select
        usage_date,
        source_name,
        service_name,
        provider_name,
        request_model,
        response_model,
        counted_as,
        is_usage_known,
        is_failed,
        false as is_sampling_known,
        retry_attempt,
        1 as sampling_weight,
        1 as requests,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        visible_output_tokens,
        reasoning_tokens

    from {{ ref('int_log_calls') }}
    where {{ in_days('usage_date', days) }}

    union all

    select
        usage_date,
        source_name,
        service_name,
        provider_name,
        request_model,
        response_model,
        'call' as counted_as,
        is_usage_known,
        false as is_failed,
        true as is_sampling_known,
        cast(null as integer) as retry_attempt,
        1 as sampling_weight,
        requests,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        visible_output_tokens,
        reasoning_tokens

    from {{ ref('int_metric_usage') }}
    where {{ in_days('usage_date', days) }}

),

measured as (

    select
        *,
        {{ known_tokens() }} as tokens,
        cache_read_tokens + cache_write_tokens as cached_tokens,
        counted_as in ('call', 'rollup_fallback') as is_call

    from told

),

weighted as (

    select
        *,
        cast(tokens * sampling_weight as decimal(38, 6)) as weighted_tokens,
        cast((uncached_input_tokens + cached_tokens) * sampling_weight as decimal(38, 6)) as weighted_input_tokens,
        cast(cached_tokens * sampling_weight as decimal(38, 6)) as weighted_cached_tokens,
        cast(reasoning_tokens * sampling_weight as decimal(38, 6)) as weighted_reasoning_tokens

    from measured

),

by_names as (

    select
        usage_date,
        source_name,
        service_name,
        provider_name,
        request_model,
        response_model,
        sum(requests) filter (where is_call) as requests,
        -- Of spans: all that report usage, roll-ups too, because metrics may count those.
        sum(requests) filter (where is_usage_known) as reports,
        coalesce(
            sum(sampling_weight) filter (where is_call and not is_usage_known and not is_failed), 0
        ) as unknown_usage_requests,
        coalesce(bool_and(is_sampling_known) filter (where is_call), true) as is_sampling_known,
        coalesce(bool_or(sampling_weight > 1), false) as is_sampled,
        sum(weighted_tokens) filter (where is_call) as tokens,
        sum(tokens) filter (where is_call) as observed_tokens,
        sum(weighted_input_tokens) filter (where is_call) as input_tokens,
        sum(weighted_cached_tokens) filter (where is_call) as cache_tokens,
        sum(weighted_reasoning_tokens) filter (where is_call) as reasoning_tokens,
        sum(weighted_tokens) filter (where counted_as in ('rollup', 'response_copy')) as repeated_tokens,
        sum(weighted_tokens) filter (where is_call and retry_attempt > 1) as retry_tokens

    from weighted
    group by usage_date, source_name, service_name, provider_name, request_model, response_model

),

-- Dated and plain names of a model are one model.
compared as (

    select
        by_names.*,
        case when answered.is_listed then answered.price_model else {{ comparable('by_names.response_model') }} end
            as response_key,
        case when asked.is_listed then asked.price_model else {{ comparable('by_names.request_model') }} end
            as request_key

    from by_names
    left join model_references as answered
        on {{ comparable('by_names.provider_name') }} = answered.provider_name
        and {{ comparable('by_names.response_model') }} = answered.model
    left join model_references as asked
        on {{ comparable('by_names.provider_name') }} = asked.provider_name
        and {{ comparable('by_names.request_model') }} = asked.model

),

-- What was asked for under a name of its own, such as a deployment's, is the model that answered elsewhere that day.
answers as (

    select
        usage_date,
        service_name,
        request_key,
        min(response_key) as response_key

    from compared
    where request_key != '' and response_key != ''
    group by usage_date, service_name, request_key

),

keyed as (

    select
        compared.*,
        coalesce(
            nullif(compared.response_key, ''),
            answers.response_key,
            compared.request_key
        ) as model_key

    from compared
    left join answers
        on compared.usage_date = answers.usage_date
        and coalesce(compared.service_name, '') = coalesce(answers.service_name, '')
        and compared.request_key = answers.request_key

),

-- Usage that names no model could be of any: then one signal is chosen for the whole service and day.
grouped as (

    select
        *,
        case
            when bool_or(model_key = '' and tokens is not null) over (partition by usage_date, service_name) then '*'
            else model_key
        end as model_group,
        bool_or(is_sampled) over (partition by usage_date, service_name) as is_sampled_day

    from keyed

),

-- A sample misses some models of a day by chance. Were another signal to tell of those alone, what the sample missed
-- would be counted and what it has too much of as well: one signal is chosen for the whole service and day.
choices as (

    select
        *,
        case when is_sampled_day then '*' else model_group end as choice_group

    from grouped

),

by_source as (

    select
        choices.usage_date,
        choices.service_name,
        choices.choice_group,
        choices.source_name,
        coalesce(usage_sources.rank, 29) as rank,
        sum(choices.requests) as requests,
        sum(choices.reports) as reports,
        sum(choices.unknown_usage_requests) as unknown_usage_requests,
        bool_and(choices.is_sampling_known) as is_sampling_known,
        bool_or(choices.is_sampled) as is_sampled,
        coalesce(
            bool_and(choices.model_key != '')
            filter (where coalesce(choices.tokens, choices.repeated_tokens) is not null),
            false
        ) as names_models,
        sum(choices.tokens) as tokens,
        sum(coalesce(choices.tokens, 0) + coalesce(choices.repeated_tokens, 0)) as told_tokens,
        -- With all that another signal may count once more.
        sum(
            coalesce(choices.tokens, 0) + coalesce(choices.repeated_tokens, 0) + coalesce(choices.cache_tokens, 0)
            + coalesce(choices.reasoning_tokens, 0)
        ) as most_tokens

    from choices
    left join usage_sources
        on choices.source_name = usage_sources.source_name
    group by choices.usage_date, choices.service_name, choices.choice_group, choices.source_name, usage_sources.rank

),

-- The finest signal counts, unless a coarser one knows more than a twentieth more where the finer one has gaps:
-- calls without usage or without a model, or a sample of unknown rate.
coarser as (

    select
        *,
        bool_or(names_models) over coarser_sources as coarser_names_models,
        max(tokens) over coarser_sources as coarser_tokens,
        max(requests) over coarser_sources as coarser_requests,
        max(tokens) filter (where requests is null) over coarser_sources as coarser_counted_tokens

    from by_source
    window coarser_sources as (
        partition by usage_date, service_name, choice_group
        order by rank desc
        range between unbounded preceding and 1 preceding
    )

),

judged as (

    select
        *,
        not names_models and coalesce(coarser_names_models, false) as lacks_models,
        case
            -- How much a sample found depends on chance, how many of its calls are silent hardly does.
            when is_sampled
                then
                    coalesce(coarser_tokens, 0) > 0
                    and coalesce(requests, 0)
                    > {{ a_twentieth_more('(coalesce(requests, 0) - unknown_usage_requests)') }}
            else
                unknown_usage_requests > 0
                and coalesce(coarser_tokens, 0) > {{ a_twentieth_more('told_tokens') }}
        end as lacks_usage,
        not is_sampling_known
        and (
            coalesce(coarser_requests, 0) > {{ a_twentieth_more('coalesce(reports, 0)') }}
            -- Counters do not say of how many calls their tokens are.
            or coalesce(coarser_counted_tokens, 0) > {{ a_twentieth_more('most_tokens') }}
        ) as lacks_calls

    from coarser

),

chosen as (

    select *
    from judged
    qualify row_number() over (
        partition by usage_date, service_name, choice_group
        order by
            lacks_models or lacks_usage or lacks_calls asc,
            case when not (lacks_models or lacks_usage or lacks_calls) then rank end asc,
            tokens desc nulls last,
            rank asc,
            source_name asc
    ) = 1

)

select
    choices.usage_date,
    choices.source_name,
    choices.service_name,
    choices.provider_name,
    choices.request_model,
    choices.response_model,
    choices.model_key,
    choices.model_group,
    chosen.source_name is not null as is_counted,
    choices.is_sampling_known,
    choices.requests,
    choices.unknown_usage_requests,
    choices.tokens,
    choices.observed_tokens,
    choices.input_tokens,
    choices.cache_tokens,
    choices.reasoning_tokens,
    choices.repeated_tokens,
    choices.retry_tokens

from choices
left join chosen
    on choices.usage_date = chosen.usage_date
    and choices.service_name is not distinct from chosen.service_name
    and choices.choice_group = chosen.choice_group
    and choices.source_name = chosen.source_name
