-- The price list as calls are charged: a class of tokens costs what the first kind costs that has a price, from the
-- narrow to the wide. What is not charged by tokens or requests has no row, because telemetry does not say how much of
-- it was used.
with

model_prices as (

    select * from {{ ref('model_prices') }}

),

contexts as (

    select price_context
    from {{ ref('service_tiers') }}
    group by price_context

),

periods as (

    select
        provider_name,
        model,
        price_context,
        valid_from,
        valid_to,
        daily_from,
        daily_to,
        above_input_tokens,
        up_to_input_tokens,
        {{ price_of('input_tokens') }} as input_usd,
        {{ price_of('input_audio_tokens') }} as input_audio_usd,
        {{ price_of('cache_read_tokens') }} as cache_read_usd,
        {{ price_of('cache_audio_read_tokens') }} as cache_audio_read_usd,
        {{ price_of('cache_write_tokens') }} as cache_write_usd,
        {{ price_of('cache_write_1h_tokens') }} as cache_write_1h_usd,
        {{ price_of('output_tokens') }} as output_usd,
        {{ price_of('output_audio_tokens') }} as output_audio_usd,
        {{ price_of('output_reasoning_tokens') }} as reasoning_usd,
        {{ price_of('requests') }} as requests_usd

    from model_prices
    group by
        provider_name,
        model,
        price_context,
        valid_from,
        valid_to,
        daily_from,
        daily_to,
        above_input_tokens,
        up_to_input_tokens

),

listed_contexts as (

    select
        provider_name,
        model,
        price_context

    from periods
    group by provider_name, model, price_context

),

models as (

    select
        provider_name,
        model

    from periods
    group by provider_name, model

),

-- However a call was served, a model without a price of its own for it costs its default price.
priced_contexts as (

    select
        models.provider_name,
        models.model,
        contexts.price_context,
        coalesce(listed_contexts.price_context, 'default') as priced_as

    from models
    cross join contexts
    left join listed_contexts
        on models.provider_name = listed_contexts.provider_name
        and models.model = listed_contexts.model
        and contexts.price_context = listed_contexts.price_context

)

select
    priced_contexts.provider_name,
    priced_contexts.model,
    priced_contexts.price_context,
    priced_contexts.priced_as,
    periods.valid_from,
    periods.valid_to,
    periods.daily_from,
    periods.daily_to,
    periods.above_input_tokens,
    periods.up_to_input_tokens,
    coalesce(periods.input_usd, 0) as uncached_input_usd_per_mtok,
    coalesce(periods.input_audio_usd, periods.input_usd, 0) as audio_input_usd_per_mtok,
    coalesce(periods.cache_read_usd, periods.input_usd, 0) as cache_read_usd_per_mtok,
    coalesce(periods.cache_audio_read_usd, periods.cache_read_usd, periods.input_audio_usd, periods.input_usd, 0)
        as cache_audio_read_usd_per_mtok,
    coalesce(periods.cache_write_usd, periods.input_usd, 0) as cache_write_usd_per_mtok,
    coalesce(periods.cache_write_1h_usd, periods.cache_write_usd, periods.input_usd, 0)
        as cache_write_1h_usd_per_mtok,
    coalesce(periods.output_usd, 0) as visible_output_usd_per_mtok,
    coalesce(periods.output_audio_usd, periods.output_usd, 0) as audio_output_usd_per_mtok,
    coalesce(periods.reasoning_usd, periods.output_usd, 0) as reasoning_usd_per_mtok,
    coalesce(periods.requests_usd, 0) as usd_per_thousand_requests

from priced_contexts
inner join periods
    on priced_contexts.provider_name = periods.provider_name
    and priced_contexts.model = periods.model
    and priced_contexts.priced_as = periods.price_context
where coalesce(periods.input_usd, periods.output_usd, periods.requests_usd) is not null
