{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_charges()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days(days_of_new_charges()) %}

with

sources as (

    select
        *,
        case when model_group in ('*', '') then 'unknown' else model_group end as model

    from {{ ref('int_usage_sources') }}
    where {{ in_days('usage_date', days) }}

),

usage_sources as (

    select
        source_name,
        min(signal) as signal,
        min(rank) as rank

    from {{ ref('usage_sources') }}
    group by source_name

),

model_references as (

    select * from {{ ref('int_model_references') }}
    where provider_name = ''

),

charges as (

    select *
    from {{ ref('int_usage_charges') }}
    where is_charged and {{ in_days('usage_date', days) }}

),

-- Usage of a service and day that goes by no model is compared with all that was charged for them.
without_models as (

    select distinct
        usage_date,
        service_name

    from sources
    where model_group = '*'

),

billed as (

    select
        charges.usage_date,
        coalesce(charges.service_name, 'unknown') as service_name,
        case
            when without_models.usage_date is not null then 'unknown'
            when model_references.is_listed then model_references.price_model
            else coalesce(nullif({{ comparable('charges.model') }}, ''), 'unknown')
        end as model,
        cast(sum(charges.tokens) as hugeint) as tokens

    from charges
    left join model_references
        on {{ comparable('charges.model') }} = model_references.model
    left join without_models
        on charges.usage_date = without_models.usage_date
        and charges.service_name is not distinct from without_models.service_name
    group by all

),

by_source as (

    select
        sources.usage_date,
        coalesce(sources.service_name, 'unknown') as service_name,
        sources.model,
        sources.source_name,
        coalesce(usage_sources.signal, 'log') as signal,
        coalesce(usage_sources.rank, 29) as rank,
        bool_or(sources.is_counted) as is_counted,
        bool_and(sources.is_sampling_known) as is_sampling_known,
        sum(sources.requests) as requests,
        sum(sources.unknown_usage_requests) as unknown_usage_requests,
        -- Whole tokens from here on, so that the parts of a difference add up to it.
        cast(sum(sources.tokens) as hugeint) as tokens,
        cast(sum(sources.observed_tokens) as hugeint) as observed_tokens,
        cast(coalesce(sum(sources.repeated_tokens), 0) as hugeint) as repeated_tokens,
        cast(coalesce(sum(sources.cache_tokens), 0) as hugeint) as cache_tokens,
        cast(coalesce(sum(sources.reasoning_tokens), 0) as hugeint) as reasoning_tokens,
        cast(coalesce(sum(sources.retry_tokens), 0) as hugeint) as retry_tokens

    from sources
    left join usage_sources
        on sources.source_name = usage_sources.source_name
    group by all

),

-- The source that counts speaks for its signal, else the best one does.
by_signal as (

    select *
    from by_source
    qualify row_number() over (
        partition by usage_date, service_name, model, signal
        order by not is_counted, tokens is null, rank, source_name
    ) = 1

),

told as (

    select
        usage_date,
        service_name,
        model
    from by_signal
    union
    select
        usage_date,
        service_name,
        model
    from billed

),

side_by_side as (

    select
        told.usage_date,
        told.service_name,
        told.model,
        max(by_signal.source_name) filter (where by_signal.is_counted) as counted_source,
        max(by_signal.tokens) filter (where by_signal.is_counted) as counted_tokens,
        max(by_signal.tokens) filter (where by_signal.signal = 'span') as span_tokens,
        max(by_signal.tokens) filter (where by_signal.signal = 'log') as log_tokens,
        max(by_signal.tokens) filter (where by_signal.signal = 'metric') as metric_tokens,
        max(billed.tokens) as billing_tokens,
        -- Causes are looked for in the finest signal, which alone knows of single calls, even where it says nothing.
        min_by(by_signal.signal, by_signal.rank) as base_signal,
        coalesce(arg_min_null(by_signal.tokens, by_signal.rank), 0) as base_tokens,
        coalesce(arg_min_null(by_signal.requests, by_signal.rank), 0) as base_requests,
        coalesce(arg_min_null(by_signal.unknown_usage_requests, by_signal.rank), 0) as unknown_usage_requests,
        coalesce(arg_min_null(by_signal.repeated_tokens, by_signal.rank), 0) as repeated_tokens,
        coalesce(arg_min_null(by_signal.cache_tokens, by_signal.rank), 0) as cache_tokens,
        coalesce(arg_min_null(by_signal.reasoning_tokens, by_signal.rank), 0) as reasoning_tokens,
        coalesce(arg_min_null(by_signal.retry_tokens, by_signal.rank), 0) as retry_tokens,
        coalesce(arg_min_null(by_signal.tokens - by_signal.observed_tokens, by_signal.rank), 0) as weighted_tokens,
        coalesce(arg_min_null(by_signal.is_sampling_known, by_signal.rank), true) as is_sampling_known,
        max(by_signal.requests) as most_requests,
        max(by_signal.tokens) filter (where by_signal.requests is null) as most_counted_tokens

    from told
    left join by_signal
        on told.usage_date = by_signal.usage_date
        and told.service_name = by_signal.service_name
        and told.model = by_signal.model
    left join billed
        on told.usage_date = billed.usage_date
        and told.service_name = billed.service_name
        and told.model = billed.model
    group by told.usage_date, told.service_name, told.model

),

-- What the others say beside the finest: the one that differs most is explained.
differences as (

    select
        *,
        case when base_signal = 'span' then log_tokens - base_tokens end as log_difference,
        case when base_signal != 'metric' then metric_tokens - base_tokens end as metric_difference,
        billing_tokens - base_tokens as billing_difference

    from side_by_side

),

residuals as (

    select
        *,
        case greatest(abs(log_difference), abs(metric_difference), abs(billing_difference))
            when abs(metric_difference) then metric_difference
            when abs(billing_difference) then billing_difference
            when abs(log_difference) then log_difference
        end as residual_tokens,
        -- Without usage a call is taken to be as large as the others.
        unknown_usage_requests * base_tokens / nullif(base_requests - unknown_usage_requests, 0) as missing_estimate,
        not is_sampling_known
        and (
            most_requests > {{ a_twentieth_more('base_requests') }}
            or coalesce(
                most_counted_tokens
                > {{ a_twentieth_more('(base_tokens + repeated_tokens + cache_tokens + reasoning_tokens)') }}, false
            )
        ) as is_of_unknown_rate

    from differences

),

-- Every way in which the other source may have counted otherwise, and what each leaves open. Where calls are
-- missing from the finest source, what is known of the others says nothing of them.
hypotheses as (

    select
        residuals.*,
        rollups.rollup_factor * repeated_tokens as rollup_tokens,
        caches.cache_factor * cache_tokens as cache_semantics_tokens,
        reasonings.reasoning_factor * reasoning_tokens as reasoning_semantics_tokens,
        -1 * retries.retry_factor * retry_tokens as retried_tokens,
        -1 * samplings.sampling_factor * weighted_tokens as unweighted_tokens

    from residuals
    cross join (values (0), (1)) as rollups (rollup_factor)
    cross join (values (0), (1), (-1)) as caches (cache_factor)
    cross join (values (0), (1), (-1)) as reasonings (reasoning_factor)
    cross join (values (0), (1)) as retries (retry_factor)
    cross join (values (0), (1)) as samplings (sampling_factor)
    where
        (rollups.rollup_factor = 0 or (repeated_tokens != 0 and not is_of_unknown_rate))
        and (caches.cache_factor = 0 or (cache_tokens != 0 and not is_of_unknown_rate))
        and (reasonings.reasoning_factor = 0 or (reasoning_tokens != 0 and not is_of_unknown_rate))
        and (retries.retry_factor = 0 or (retry_tokens != 0 and not is_of_unknown_rate))
        and (samplings.sampling_factor = 0 or weighted_tokens != 0)

),

open_ends as (

    select
        *,
        residual_tokens - rollup_tokens - cache_semantics_tokens - reasoning_semantics_tokens - retried_tokens
        - unweighted_tokens as open_tokens,
        abs(rollup_tokens) + abs(cache_semantics_tokens) + abs(reasoning_semantics_tokens) + abs(retried_tokens)
        + abs(unweighted_tokens) as explained_tokens

    from hypotheses

),

-- The best hypothesis leaves what is expected to be open, and claims no more than it has to.
explained as (

    select *
    from open_ends
    qualify row_number() over (
        partition by usage_date, service_name, model
        order by
            case when open_tokens = 0 then 0 else 1 end,
            abs(
                open_tokens
                - case when unknown_usage_requests > 0 then coalesce(missing_estimate, open_tokens) else 0 end
            ) + explained_tokens / 2,
            explained_tokens,
            rollup_tokens,
            cache_semantics_tokens,
            reasoning_semantics_tokens
    ) = 1

),

causes as (

    select
        *,
        unweighted_tokens
        + case
            when (is_of_unknown_rate or weighted_tokens != 0) and unknown_usage_requests = 0 then open_tokens
            else 0
        end as sampling_tokens,
        case when unknown_usage_requests > 0 and open_tokens > 0 then open_tokens else 0 end as missing_usage_tokens

    from explained

),

named as (

    select
        *,
        open_tokens + unweighted_tokens - sampling_tokens - missing_usage_tokens as unexplained_tokens

    from causes

)

-- What no whole number holds is no usage of anyone's.
select
    cast(usage_date as date) as usage_date,
    cast(service_name as varchar) as service_name,
    cast(model as varchar) as model,
    cast(coalesce(counted_source, 'none') as varchar) as counted_source,
    try_cast(counted_tokens as bigint) as counted_tokens,
    try_cast(span_tokens as bigint) as span_tokens,
    try_cast(log_tokens as bigint) as log_tokens,
    try_cast(metric_tokens as bigint) as metric_tokens,
    try_cast(billing_tokens as bigint) as billing_tokens,
    try_cast(residual_tokens as bigint) as residual_tokens,
    try_cast(rollup_tokens as bigint) as rollup_tokens,
    try_cast(cache_semantics_tokens as bigint) as cache_semantics_tokens,
    try_cast(reasoning_semantics_tokens as bigint) as reasoning_semantics_tokens,
    try_cast(sampling_tokens as bigint) as sampling_tokens,
    try_cast(missing_usage_tokens as bigint) as missing_usage_tokens,
    try_cast(retried_tokens as bigint) as retry_tokens,
    try_cast(unexplained_tokens as bigint) as unexplained_tokens,
    cast(
        case
            when residual_tokens is null then 'one source'
            when residual_tokens = 0 then 'reconciled'
            else {{ listed({
                'roll-up': 'rollup_tokens',
                'cache semantics': 'cache_semantics_tokens',
                'reasoning semantics': 'reasoning_semantics_tokens',
                'sampling': 'sampling_tokens',
                'missing usage': 'missing_usage_tokens',
                'retry': 'retried_tokens',
                'unexplained': 'unexplained_tokens',
            }) }}
        end as varchar
    ) as explanation

from named
