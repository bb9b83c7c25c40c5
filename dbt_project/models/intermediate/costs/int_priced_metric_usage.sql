-- Usage that only metrics tell, with its cost and the tier of its tenant. A metric does not say how large each call
-- was nor at what time of day: where the price depends on either, the cost is unknown.
with

usage as (

    select
        int_metric_usage.*,
        md5({{ json_object({
            'usage_date': 'int_metric_usage.usage_date',
            'source_name': 'int_metric_usage.source_name',
            'service_name': 'int_metric_usage.service_name',
            'environment': 'int_metric_usage.environment',
            'tenant_id': 'int_metric_usage.tenant_id',
            'entitlement_tier': 'int_metric_usage.entitlement_tier',
            'agent_name': 'int_metric_usage.agent_name',
            'workflow_name': 'int_metric_usage.workflow_name',
            'provider_name': 'int_metric_usage.provider_name',
            'request_model': 'int_metric_usage.request_model',
            'response_model': 'int_metric_usage.response_model',
            'operation_name': 'int_metric_usage.operation_name',
            'service_tier': 'int_metric_usage.service_tier',
        }) }}) as metric_usage_id,
        cast(int_metric_usage.usage_date as timestamp) as started_at,
        coalesce(int_metric_usage.response_model, int_metric_usage.request_model) as model

    from {{ ref('int_metric_usage') }} as int_metric_usage
    inner join {{ ref('int_usage_sources') }} as counted_sources
        on {{ same_names('int_metric_usage', 'counted_sources') }}
    where counted_sources.is_counted

),

tiered as (

    {{ with_tier_in_force('usage', 'entitlement_tier') }}

),

model_references as (

    select * from {{ ref('int_model_references') }}

),

contract_prices as (

    select * from {{ ref('contract_prices') }}

),

service_tiers as (

    select * from {{ ref('service_tiers') }}

),

flat_prices as (

    select * from {{ ref('int_model_prices') }}
    where
        daily_from = cast('00:00:00' as time)
        and daily_to is null
        and above_input_tokens is null
        and up_to_input_tokens is null

),

referenced as (

    select
        tiered.* exclude (entitlement_tier, tier_by_history, tier_load_id, tier_in_force),
        tiered.tier_in_force as entitlement_tier,
        model_references.price_provider_name,
        model_references.price_model,
        model_references.is_listed,
        case
            when {{ comparable('tiered.service_tier') }} = '' then 'default'
            when model_references.has_contexts or service_tiers.price_context is null then service_tiers.price_context
            else 'default'
        end as price_context

    from tiered
    left join model_references
        on {{ comparable('tiered.provider_name') }} = model_references.provider_name
        and {{ comparable('tiered.model') }} = model_references.model
    left join service_tiers
        on {{ comparable('tiered.service_tier') }} = service_tiers.service_tier

),

sold as (

    select
        tenant_id,
        price_provider_name,
        price_model,
        started_at

    from referenced
    group by tenant_id, price_provider_name, price_model, started_at

),

-- What a tenant had agreed on when the day began.
agreed as (

    select
        sold.tenant_id,
        sold.price_provider_name,
        sold.price_model,
        sold.started_at,
        {{ contract_price('uncached_input') }} as uncached_input_usd_per_mtok,
        {{ contract_price('cache_read') }} as cache_read_usd_per_mtok,
        {{ contract_price('cache_write') }} as cache_write_usd_per_mtok,
        {{ contract_price('visible_output') }} as visible_output_usd_per_mtok,
        {{ contract_price('reasoning') }} as reasoning_usd_per_mtok

    from sold
    inner join contract_prices
        on sold.tenant_id = contract_prices.tenant_id
        and sold.price_provider_name = contract_prices.provider_name
        and sold.price_model = contract_prices.model
        and sold.started_at >= contract_prices.valid_from
        and (contract_prices.valid_to is null or sold.started_at < contract_prices.valid_to)
    group by sold.tenant_id, sold.price_provider_name, sold.price_model, sold.started_at

),

in_force as (

    select
        referenced.*,
        flat_prices.priced_as as list_price_context,
        flat_prices.model is not null as has_market_price,
        agreed.price_model is not null as has_contract,
        coalesce(agreed.uncached_input_usd_per_mtok, flat_prices.uncached_input_usd_per_mtok)
            as uncached_input_usd_per_mtok,
        coalesce(agreed.cache_read_usd_per_mtok, flat_prices.cache_read_usd_per_mtok) as cache_read_usd_per_mtok,
        coalesce(agreed.cache_write_usd_per_mtok, flat_prices.cache_write_usd_per_mtok) as cache_write_usd_per_mtok,
        coalesce(agreed.visible_output_usd_per_mtok, flat_prices.visible_output_usd_per_mtok)
            as visible_output_usd_per_mtok,
        coalesce(agreed.reasoning_usd_per_mtok, flat_prices.reasoning_usd_per_mtok) as reasoning_usd_per_mtok,
        case when flat_prices.model is null then 0 else flat_prices.usd_per_thousand_requests end
            as usd_per_thousand_requests,
        flat_prices.uncached_input_usd_per_mtok as list_uncached_input_usd_per_mtok,
        flat_prices.cache_read_usd_per_mtok as list_cache_read_usd_per_mtok,
        flat_prices.cache_write_usd_per_mtok as list_cache_write_usd_per_mtok,
        flat_prices.visible_output_usd_per_mtok as list_visible_output_usd_per_mtok,
        flat_prices.reasoning_usd_per_mtok as list_reasoning_usd_per_mtok,
        flat_prices.usd_per_thousand_requests as list_usd_per_thousand_requests

    from referenced
    left join flat_prices
        on referenced.is_listed
        and referenced.price_provider_name = flat_prices.provider_name
        and referenced.price_model = flat_prices.model
        and referenced.price_context = flat_prices.price_context
        and referenced.started_at >= flat_prices.valid_from
        and (flat_prices.valid_to is null or referenced.started_at < flat_prices.valid_to)
    left join agreed
        on referenced.tenant_id = agreed.tenant_id
        and referenced.price_provider_name = agreed.price_provider_name
        and referenced.price_model = agreed.price_model
        and referenced.started_at = agreed.started_at

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
                    + case
                        when usd_per_thousand_requests = 0 then 0
                        else cast(requests as decimal(18, 3)) * usd_per_thousand_requests * cast(0.001 as decimal(3, 3))
                    end
        end as exact_cost_usd

    from in_force

)

select
    * exclude (exact_cost_usd),
    cast(exact_cost_usd as decimal(38, 12)) as cost_usd,
    case
        when exact_cost_usd is not null
            then
                {{ charges(
                    kinds={
                        'uncached_input': ('uncached_input', none),
                        'cache_read': ('cache_read', none),
                        'cache_write': ('cache_write', none),
                        'visible_output': ('visible_output', none),
                        'reasoning': ('reasoning', none),
                    },
                    requests='requests',
                ) }}
    end as charges

from costed
