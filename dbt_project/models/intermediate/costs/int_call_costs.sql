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
        coalesce(lower(trim(provider_name)), '') as asked_provider_name,
        coalesce(lower(trim(model)), '') as asked_model,
        coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            as input_tokens

    from {{ ref('int_llm_calls') }}
    where {{ in_days('usage_date', affected_days()) }}

),

model_references as (

    select * from {{ ref('int_model_references') }}

),

model_prices as (

    select * from {{ ref('model_prices') }}

),

contract_prices as (

    select * from {{ ref('contract_prices') }}

),

referenced as (

    select
        calls.*,
        model_references.price_provider_name,
        model_references.price_model,
        model_references.is_listed

    from calls
    inner join model_references
        on calls.asked_provider_name = model_references.provider_name
        and calls.asked_model = model_references.model

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

-- Exactly one row of a model is in force for a time of day and a size: past a threshold the whole call costs more.
in_force as (

    select
        referenced.*,
        agreed.call_id is not null as has_contract,
        coalesce(agreed.uncached_input_usd_per_mtok, model_prices.uncached_input_usd_per_mtok)
            as uncached_input_usd_per_mtok,
        coalesce(agreed.cache_read_usd_per_mtok, model_prices.cache_read_usd_per_mtok) as cache_read_usd_per_mtok,
        coalesce(agreed.cache_write_usd_per_mtok, model_prices.cache_write_usd_per_mtok) as cache_write_usd_per_mtok,
        coalesce(agreed.visible_output_usd_per_mtok, model_prices.visible_output_usd_per_mtok)
            as visible_output_usd_per_mtok,
        coalesce(agreed.reasoning_usd_per_mtok, model_prices.reasoning_usd_per_mtok) as reasoning_usd_per_mtok,
        model_prices.model is not null as has_market_price,
        -- A contract agrees on tokens alone; a price per request stays what the market asks, none without a market.
        case when model_prices.model is null then 0 else model_prices.usd_per_thousand_requests end
            as usd_per_thousand_requests

    from referenced
    left join model_prices
        on referenced.is_listed
        and referenced.price_provider_name = model_prices.provider_name
        and referenced.price_model = model_prices.model
        and referenced.started_at >= model_prices.valid_from
        and (model_prices.valid_to is null or referenced.started_at < model_prices.valid_to)
        and cast(referenced.started_at as time) >= model_prices.daily_from
        and (model_prices.daily_to is null or cast(referenced.started_at as time) < model_prices.daily_to)
        and (
            model_prices.above_input_tokens is null
            or referenced.input_tokens > model_prices.above_input_tokens
        )
        and (
            model_prices.up_to_input_tokens is null
            or referenced.input_tokens <= model_prices.up_to_input_tokens
        )
    left join agreed
        on referenced.call_id = agreed.call_id

),

costed as (

    select
        *,
        case
            when is_usage_known and (has_contract or has_market_price)
                then
                    {{ token_cost_usd('uncached_input') }}
                    + {{ token_cost_usd('cache_read') }}
                    + {{ token_cost_usd('cache_write') }}
                    + {{ token_cost_usd('visible_output') }}
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
    -- Known is the price, whether or not the call said what it used.
    (has_contract or has_market_price) and (exact_cost_usd is not null or not is_usage_known) as is_priced,
    case
        when has_contract then 'contract'
        when has_market_price then 'market'
    end as price_source,
    cast(exact_cost_usd as decimal(38, 12)) as cost_usd,
    load_id

from costed
