{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

with

calls as (

    select
        *,
        {{ comparable('provider_name') }} as asked_provider_name,
        {{ comparable('model') }} as asked_model,
        {{ comparable('service_tier') }} as asked_service_tier,
        coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            as input_tokens

    from {{ ref('int_llm_calls') }}
    where {{ in_days('usage_date', affected_days()) }}

),

model_references as (

    select * from {{ ref('int_model_references') }}

),

service_tiers as (

    select * from {{ ref('service_tiers') }}

),

model_prices as (

    select * from {{ ref('int_model_prices') }}

),

contract_prices as (

    select * from {{ ref('contract_prices') }}

),

-- A call that does not say how it was served costs the default price, one served in a way that is not listed has none.
referenced as (

    select
        calls.*,
        model_references.price_provider_name,
        model_references.price_model,
        model_references.is_listed,
        case
            when calls.asked_service_tier = '' then 'default'
            when model_references.has_contexts or service_tiers.price_context is null then service_tiers.price_context
            else 'default'
        end as price_context

    from calls
    inner join model_references
        on calls.asked_provider_name = model_references.provider_name
        and calls.asked_model = model_references.model
    left join service_tiers
        on calls.asked_service_tier = service_tiers.service_tier

),

-- Tokens of a class that may cost something else than the rest of it. Audio holds the audio that was read from a cache.
detailed as (

    select
        *,
        {{ detail_within('cache_write_1h_tokens', 'cache_write_tokens') }} as long_cache_write_tokens,
        {{ detail_within('cache_audio_read_tokens', 'cache_read_tokens') }} as audio_cache_read_tokens,
        {{ detail_within('input_audio_tokens - coalesce(cache_audio_read_tokens, 0)', 'uncached_input_tokens') }}
            as audio_input_tokens,
        {{ detail_within('output_audio_tokens', 'visible_output_tokens') }} as audio_output_tokens

    from referenced

),

-- What the tenant agreed on when the call started, one row per call with a contract.
agreed as (

    select
        referenced.call_id,
        {{ contract_price('uncached_input') }} as uncached_input_usd_per_mtok,
        {{ contract_price('cache_read') }} as cache_read_usd_per_mtok,
        {{ contract_price('cache_write') }} as cache_write_usd_per_mtok,
        {{ contract_price('visible_output') }} as visible_output_usd_per_mtok,
        {{ contract_price('reasoning') }} as reasoning_usd_per_mtok

    from referenced
    inner join contract_prices
        on referenced.tenant_id = contract_prices.tenant_id
        and referenced.price_provider_name = contract_prices.provider_name
        and referenced.price_model = contract_prices.model
        and referenced.started_at >= contract_prices.valid_from
        and (contract_prices.valid_to is null or referenced.started_at < contract_prices.valid_to)
    group by referenced.call_id

),

-- Exactly one row of a model is in force for a context, a time of day and a size: past a threshold the whole call costs
-- more. A contract's price for a class holds for all of the class, however the call was served.
in_force as (

    select
        detailed.call_id,
        detailed.usage_date,
        detailed.price_provider_name,
        detailed.price_model,
        detailed.price_context,
        detailed.is_usage_known,
        detailed.load_id,
        detailed.uncached_input_tokens - detailed.audio_input_tokens as text_input_tokens,
        detailed.audio_input_tokens,
        detailed.cache_read_tokens - detailed.audio_cache_read_tokens as text_cache_read_tokens,
        detailed.audio_cache_read_tokens,
        detailed.cache_write_tokens - detailed.long_cache_write_tokens as short_cache_write_tokens,
        detailed.long_cache_write_tokens,
        detailed.visible_output_tokens - detailed.audio_output_tokens as text_output_tokens,
        detailed.audio_output_tokens,
        detailed.reasoning_tokens,
        agreed.call_id is not null as has_contract,
        model_prices.model is not null as has_market_price,
        model_prices.priced_as as list_price_context,
        model_prices.daily_from as list_daily_from,
        model_prices.daily_to as list_daily_to,
        model_prices.above_input_tokens as list_above_input_tokens,
        coalesce(agreed.uncached_input_usd_per_mtok, model_prices.uncached_input_usd_per_mtok)
            as text_input_usd_per_mtok,
        coalesce(agreed.uncached_input_usd_per_mtok, model_prices.audio_input_usd_per_mtok)
            as audio_input_usd_per_mtok,
        coalesce(agreed.cache_read_usd_per_mtok, model_prices.cache_read_usd_per_mtok)
            as text_cache_read_usd_per_mtok,
        coalesce(agreed.cache_read_usd_per_mtok, model_prices.cache_audio_read_usd_per_mtok)
            as audio_cache_read_usd_per_mtok,
        coalesce(agreed.cache_write_usd_per_mtok, model_prices.cache_write_usd_per_mtok)
            as short_cache_write_usd_per_mtok,
        coalesce(agreed.cache_write_usd_per_mtok, model_prices.cache_write_1h_usd_per_mtok)
            as long_cache_write_usd_per_mtok,
        coalesce(agreed.visible_output_usd_per_mtok, model_prices.visible_output_usd_per_mtok)
            as text_output_usd_per_mtok,
        coalesce(agreed.visible_output_usd_per_mtok, model_prices.audio_output_usd_per_mtok)
            as audio_output_usd_per_mtok,
        coalesce(agreed.reasoning_usd_per_mtok, model_prices.reasoning_usd_per_mtok) as reasoning_usd_per_mtok,
        -- A contract agrees on tokens alone; a price per request stays what the market asks, none without a market.
        case when model_prices.model is null then 0 else model_prices.usd_per_thousand_requests end
            as usd_per_thousand_requests,
        model_prices.uncached_input_usd_per_mtok as list_text_input_usd_per_mtok,
        model_prices.audio_input_usd_per_mtok as list_audio_input_usd_per_mtok,
        model_prices.cache_read_usd_per_mtok as list_text_cache_read_usd_per_mtok,
        model_prices.cache_audio_read_usd_per_mtok as list_audio_cache_read_usd_per_mtok,
        model_prices.cache_write_usd_per_mtok as list_short_cache_write_usd_per_mtok,
        model_prices.cache_write_1h_usd_per_mtok as list_long_cache_write_usd_per_mtok,
        model_prices.visible_output_usd_per_mtok as list_text_output_usd_per_mtok,
        model_prices.audio_output_usd_per_mtok as list_audio_output_usd_per_mtok,
        model_prices.reasoning_usd_per_mtok as list_reasoning_usd_per_mtok,
        model_prices.usd_per_thousand_requests as list_usd_per_thousand_requests

    from detailed
    left join model_prices
        on detailed.is_listed
        and detailed.price_provider_name = model_prices.provider_name
        and detailed.price_model = model_prices.model
        and detailed.price_context = model_prices.price_context
        and detailed.started_at >= model_prices.valid_from
        and (model_prices.valid_to is null or detailed.started_at < model_prices.valid_to)
        and cast(detailed.started_at as time) >= model_prices.daily_from
        and (model_prices.daily_to is null or cast(detailed.started_at as time) < model_prices.daily_to)
        and (model_prices.above_input_tokens is null or detailed.input_tokens > model_prices.above_input_tokens)
        and (model_prices.up_to_input_tokens is null or detailed.input_tokens <= model_prices.up_to_input_tokens)
    left join agreed
        on detailed.call_id = agreed.call_id

),

costed as (

    select
        *,
        case
            when is_usage_known and (has_contract or has_market_price)
                then
                    {{ token_cost_usd('text_input') }}
                    + {{ token_cost_usd('audio_input') }}
                    + {{ token_cost_usd('text_cache_read') }}
                    + {{ token_cost_usd('audio_cache_read') }}
                    + {{ token_cost_usd('short_cache_write') }}
                    + {{ token_cost_usd('long_cache_write') }}
                    + {{ token_cost_usd('text_output') }}
                    + {{ token_cost_usd('audio_output') }}
                    + {{ token_cost_usd('reasoning') }}
                    + usd_per_thousand_requests * cast(0.001 as decimal(3, 3))
        end as exact_cost_usd

    from in_force

)

select
    call_id,
    usage_date,
    price_provider_name,
    price_model,
    price_context,
    list_price_context,
    list_daily_from,
    list_daily_to,
    list_above_input_tokens,
    -- Known is the price, whether or not the call said what it used.
    (has_contract or has_market_price) and (exact_cost_usd is not null or not is_usage_known) as is_priced,
    case
        when has_contract then 'contract'
        when has_market_price then 'market'
    end as price_source,
    cast(exact_cost_usd as decimal(38, 12)) as cost_usd,
    case
        when exact_cost_usd is not null
            then
                {{ charges(
                    kinds={
                        'text_input': ('uncached_input', none),
                        'audio_input': ('uncached_input', 'audio'),
                        'text_cache_read': ('cache_read', none),
                        'audio_cache_read': ('cache_read', 'audio'),
                        'short_cache_write': ('cache_write', none),
                        'long_cache_write': ('cache_write', '1h'),
                        'text_output': ('visible_output', none),
                        'audio_output': ('visible_output', 'audio'),
                        'reasoning': ('reasoning', none),
                    },
                    requests=1,
                ) }}
    end as charges,
    load_id

from costed
order by usage_date
