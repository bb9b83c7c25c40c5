{%- set days_of_tenants = days_of_new_tenant_states(ref('token_usage_daily')) -%}
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('cast(ChargePeriodStart as date)', days_of_new_tenant_states(ref('token_usage_daily'))) }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- FOCUS 1.2, Cost and Usage: columns in the order of their names, custom ones (x_) last.
{%- set days = affected_days(days_of_tenants) %}
with

calls as (

    select * from {{ ref('int_tiered_calls') }}
    where {{ in_days('usage_date', days) }}

),

costs as (

    select * from {{ ref('int_call_costs') }}
    where {{ in_days('usage_date', days) }}

),

metric_usage as (

    select * from {{ ref('int_priced_metric_usage') }}
    where {{ in_days('usage_date', days) }}

),

focus_providers as (

    select * from {{ ref('focus_providers') }}

),

-- Usage without a known price has no charges.
charged as (

    select
        calls.usage_date,
        calls.tenant_id,
        calls.entitlement_tier,
        calls.service_name,
        calls.agent_name,
        calls.workflow_name,
        calls.provider_name,
        calls.model,
        calls.operation_name,
        calls.environment,
        calls.sampling_weight,
        costs.price_provider_name,
        costs.price_model,
        costs.list_price_context,
        costs.list_daily_from,
        costs.list_daily_to,
        costs.list_above_input_tokens,
        {{ unnest_charges('costs.charges') }}

    from calls
    inner join costs
        on calls.call_id = costs.call_id
        and calls.usage_date = costs.usage_date

    union all

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        service_name,
        agent_name,
        workflow_name,
        provider_name,
        model,
        operation_name,
        environment,
        cast(1 as decimal(18, 6)) as sampling_weight,
        price_provider_name,
        price_model,
        list_price_context,
        cast(null as time) as list_daily_from,
        cast(null as time) as list_daily_to,
        cast(null as bigint) as list_above_input_tokens,
        {{ unnest_charges('charges') }}

    from metric_usage

),

-- A price that only a contract knows is the list's, too: FOCUS wants one, and no discount is known.
costed as (

    select
        * exclude (tenant_id, list_usd_per_unit),
        nullif(tenant_id, 'unknown') as tenant_id,
        list_usd_per_unit is not null as is_list_price_known,
        coalesce(list_usd_per_unit, usd_per_unit) as list_usd_per_unit,
        cast(quantity * usd_per_unit as decimal(38, 12)) as cost_usd,
        cast(quantity * coalesce(list_usd_per_unit, usd_per_unit) as decimal(38, 12)) as list_cost_usd,
        {{ json_object({
            'agent': 'agent_name',
            'environment': 'environment',
            'operation': 'operation_name',
            'provider': 'lower(provider_name)',
            'service': 'service_name',
            'tier': "nullif(entitlement_tier, 'unknown')",
            'workflow': 'workflow_name',
        }) }} as tags,
        nullif(list_price_context, 'default') as context,
        case
            when list_daily_from > cast('00:00:00' as time) or list_daily_to is not null
                then
                    cast(list_daily_from as varchar)
                    || '-' || coalesce(cast(list_daily_to as varchar), '24:00:00')
        end as hours,
        '>' || cast(list_above_input_tokens as varchar) as call_size

    from charged

),

-- One row for each price, so that price times quantity is the cost of each row.
daily as (

    select
        usage_date,
        tenant_id,
        model,
        price_provider_name,
        price_model,
        token_class,
        detail,
        context,
        hours,
        call_size,
        usd_per_unit,
        list_usd_per_unit,
        is_list_price_known,
        tags,
        cast(sum(quantity * sampling_weight) as decimal(38, 6)) as quantity,
        cast(sum(cost_usd * sampling_weight) as decimal(38, 12)) as cost_usd,
        cast(sum(list_cost_usd * sampling_weight) as decimal(38, 12)) as list_cost_usd

    from costed
    group by all

),

named as (

    select
        daily.*,
        coalesce(focus_providers.focus_provider_name, daily.price_provider_name) as provider_name,
        coalesce(focus_providers.publisher_name, daily.price_provider_name) as publisher_name,
        coalesce(focus_providers.invoice_issuer_name, daily.price_provider_name) as invoice_issuer_name,
        coalesce(focus_providers.service_name, daily.price_provider_name) as service_name,
        coalesce(focus_providers.billing_account_id, daily.price_provider_name) as billing_account_id,
        focus_providers.billing_account_name,
        concat_ws('/', daily.price_provider_name, daily.price_model, daily.token_class, daily.detail) as sku_id,
        concat_ws(
            ' ',
            case daily.detail
                when 'audio' then 'Audio'
                when '1h' then 'One-Hour'
            end,
            case daily.token_class
                when 'uncached_input' then 'Uncached Input Tokens'
                when 'cache_read' then 'Cache Read Tokens'
                when 'cache_write' then 'Cache Write Tokens'
                when 'visible_output' then 'Visible Output Tokens'
                when 'reasoning' then 'Reasoning Tokens'
                when 'requests' then 'Requests'
            end
        ) as sku_meter,
        case when daily.token_class = 'requests' then 'Requests' else 'Tokens' end as unit,
        rtrim(rtrim(cast(daily.list_usd_per_unit as varchar), '0'), '.') as list_price

    from daily
    left join focus_providers
        on daily.price_provider_name = focus_providers.provider_name
        and daily.usage_date >= focus_providers.valid_from
        and (focus_providers.valid_to is null or daily.usage_date < focus_providers.valid_to)

),

-- A price keeps its id when its amount changes, and has it whoever agreed on another amount.
identified as (

    select
        *,
        concat_ws('/', sku_id, context, hours, call_size) as sku_price_id

    from named

)

select
    cast(null as varchar) as "AvailabilityZone",
    cost_usd as "BilledCost",
    cast(billing_account_id as varchar) as "BillingAccountId",
    cast(billing_account_name as varchar) as "BillingAccountName",
    'Provider account' as "BillingAccountType",
    'USD' as "BillingCurrency",
    cast(date_trunc('month', usage_date) + interval 1 month as timestamp) as "BillingPeriodEnd",
    cast(date_trunc('month', usage_date) as timestamp) as "BillingPeriodStart",
    cast(null as varchar) as "CapacityReservationId",
    cast(null as varchar) as "CapacityReservationStatus",
    'Usage' as "ChargeCategory",
    cast(null as varchar) as "ChargeClass",
    sku_meter || ' of ' || price_model || ' at ' || list_price || ' USD' as "ChargeDescription",
    'Usage-Based' as "ChargeFrequency",
    cast(usage_date + interval 1 day as timestamp) as "ChargePeriodEnd",
    cast(usage_date as timestamp) as "ChargePeriodStart",
    cast(null as varchar) as "CommitmentDiscountCategory",
    cast(null as varchar) as "CommitmentDiscountId",
    cast(null as varchar) as "CommitmentDiscountName",
    cast(null as decimal(38, 6)) as "CommitmentDiscountQuantity",
    cast(null as varchar) as "CommitmentDiscountStatus",
    cast(null as varchar) as "CommitmentDiscountType",
    cast(null as varchar) as "CommitmentDiscountUnit",
    quantity as "ConsumedQuantity",
    unit as "ConsumedUnit",
    cost_usd as "ContractedCost",
    cast(usd_per_unit as decimal(38, 18)) as "ContractedUnitPrice",
    cost_usd as "EffectiveCost",
    cast(null as varchar) as "InvoiceId",
    cast(invoice_issuer_name as varchar) as "InvoiceIssuerName",
    list_cost_usd as "ListCost",
    cast(list_usd_per_unit as decimal(38, 18)) as "ListUnitPrice",
    'Standard' as "PricingCategory",
    'USD' as "PricingCurrency",
    cast(usd_per_unit as decimal(38, 18)) as "PricingCurrencyContractedUnitPrice",
    cost_usd as "PricingCurrencyEffectiveCost",
    cast(list_usd_per_unit as decimal(38, 18)) as "PricingCurrencyListUnitPrice",
    quantity as "PricingQuantity",
    unit as "PricingUnit",
    cast(provider_name as varchar) as "ProviderName",
    cast(publisher_name as varchar) as "PublisherName",
    cast(null as varchar) as "RegionId",
    cast(null as varchar) as "RegionName",
    cast(model as varchar) as "ResourceId",
    cast(null as varchar) as "ResourceName",
    case when model is not null then 'Model' end as "ResourceType",
    'AI and Machine Learning' as "ServiceCategory",
    cast(service_name as varchar) as "ServiceName",
    'Generative AI' as "ServiceSubcategory",
    cast(sku_id as varchar) as "SkuId",
    sku_meter as "SkuMeter",
    {{ json_object_of_known({
        'x_TokenDetail': 'detail',
        'x_PriceContext': 'context',
        'x_HoursOfDay': 'hours',
        'x_InputTokensOfCall': 'call_size',
    }) }} as "SkuPriceDetails",
    cast(sku_price_id as varchar) as "SkuPriceId",
    cast(tenant_id as varchar) as "SubAccountId",
    cast(tenant_id as varchar) as "SubAccountName",
    case when tenant_id is not null then 'Tenant' end as "SubAccountType",
    tags as "Tags",
    md5({{ json_object({
        'usage_date': 'usage_date',
        'tenant_id': 'tenant_id',
        'model': 'model',
        'sku_price_id': 'sku_price_id',
        'list_price': 'list_price',
        'is_list_price_known': 'is_list_price_known',
        'usd_per_unit': 'usd_per_unit',
        'tags': 'tags',
    }) }}) as "x_ChargeId",
    is_list_price_known as "x_IsListPriceKnown"

from identified
order by usage_date
