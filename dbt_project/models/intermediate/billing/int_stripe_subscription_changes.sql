-- A subscription in each of its states, in the terms of `billing.subscription.changed`. The tier is the highest that
-- one of its prices sells. Trials, paused, unpaid and ended subscriptions bring nothing; one whose first payment never
-- came was none.
with

states as (

    select *
    from {{ ref('int_stripe_states') }}
    where object_type = 'subscription' and valid_from is not null

),

customers as (

    select * from {{ ref('int_stripe_customers') }}

),

currencies as (

    select * from {{ ref('currencies') }}

),

tiers as (

    select * from {{ ref('tiers') }}

),

price_tiers as (

    select * from {{ ref('stripe_price_tiers') }}

),

discounts as (

    select * from {{ ref('int_stripe_discounts') }}

),

items as (

    select
        items.*,
        {{ json_member('states.object', 'metadata.entitlement_tier') }} as tier_of_subscription

    from {{ ref('int_stripe_items') }} as items
    inner join states
        on items.subscription_id = states.object_id
        and items.valid_from = states.valid_from

),

sold as (

    select
        items.subscription_id,
        items.valid_from,
        price_tiers.entitlement_tier

    from items
    inner join price_tiers
        on (price_tiers.match_on, price_tiers.match_value) in (
            ('price_id', items.price_id),
            ('lookup_key', items.lookup_key),
            ('product_id', items.product_id),
            ('metadata', coalesce(items.tier_in_metadata, items.tier_of_subscription))
        )
        and items.valid_from >= price_tiers.valid_from
        and (items.valid_from < price_tiers.valid_to or price_tiers.valid_to is null)
    qualify row_number() over (
        partition by items.subscription_id, items.valid_from, items.item_number
        order by
            case price_tiers.match_on
                when 'price_id' then 1
                when 'lookup_key' then 2
                when 'product_id' then 3
                else 4
            end
    ) = 1

),

tier_of_state as (

    select
        sold.subscription_id,
        sold.valid_from,
        arg_max(sold.entitlement_tier, coalesce(tiers.rank, -1)) as entitlement_tier

    from sold
    left join tiers
        on sold.entitlement_tier = tiers.entitlement_tier
        and sold.valid_from >= tiers.valid_from
        and (sold.valid_from < tiers.valid_to or tiers.valid_to is null)
    group by 1, 2

),

lowered as (

    select
        subscription_id,
        valid_from,
        item_number,
        exp(sum(ln(case when percent_off < 100 then 1 - cast(percent_off as double) / 100 end))) as share_left,
        coalesce(bool_or(percent_off >= 100), false) as is_free,
        sum(amount_off_minor) as amount_off_minor,
        bool_and(percent_off is not null or amount_off_minor is not null) as is_known,
        max(load_id) as load_id

    from discounts
    group by 1, 2, 3

),

item_revenue as (

    select
        items.subscription_id,
        items.valid_from,
        items.currency,
        items.quantity,
        items.usage_type,
        items.invoices_a_month,
        lowered.load_id,
        try_cast(
            case
                when lowered.subscription_id is null then cast(items.monthly_minor as double)
                when lowered.is_free then 0
                when not lowered.is_known or items.monthly_minor is null then null
                else greatest(
                    items.monthly_minor * coalesce(lowered.share_left, 1)
                    - coalesce(lowered.amount_off_minor, 0) * items.invoices_a_month,
                    0
                )
            end as decimal(28, 6)
        ) as monthly_minor

    from items
    left join lowered
        on items.subscription_id = lowered.subscription_id
        and items.valid_from = lowered.valid_from
        and items.item_number = lowered.item_number

),

totals as (

    select
        subscription_id,
        valid_from,
        max(currency) as currency,
        count(distinct currency) as currencies,
        sum(quantity) filter (usage_type != 'metered') as seats,
        sum(monthly_minor) as monthly_minor,
        count(*) = count(monthly_minor) as is_known,
        max(invoices_a_month) as invoices_a_month,
        max(load_id) as load_id

    from item_revenue
    group by 1, 2

),

charged as (

    select
        states.object_id as subscription_id,
        states.valid_from,
        states.event_id,
        states.object,
        states.is_deleted,
        states.record_digest,
        greatest(states.load_id, totals.load_id, lowered.load_id) as load_id,
        {{ stripe_reference('states.object', 'customer') }} as customer_id,
        {{ json_member('states.object', 'status') }} as stripe_status,
        coalesce({{ json_member('states.object', 'pause_collection.behavior') }} is not null, false) as is_paused,
        coalesce(totals.currency, upper({{ json_member('states.object', 'currency') }})) as currency,
        totals.seats,
        case
            when {{ json_member('states.object', 'items.has_more') }} = 'true' then null
            when not totals.is_known or totals.currencies > 1 then null
            when lowered.subscription_id is null then cast(totals.monthly_minor as double)
            when lowered.is_free then 0
            when lowered.is_known
                then greatest(
                    totals.monthly_minor * coalesce(lowered.share_left, 1)
                    - coalesce(lowered.amount_off_minor, 0) * totals.invoices_a_month,
                    0
                )
        end as monthly_minor

    from states
    left join totals
        on states.object_id = totals.subscription_id
        and states.valid_from = totals.valid_from
    left join lowered
        on states.object_id = lowered.subscription_id
        and states.valid_from = lowered.valid_from
        and lowered.item_number is null
    where
        coalesce({{ json_member('states.object', 'status') }}, '') not in ('incomplete', 'incomplete_expired')

),

named as (

    select
        *,
        case
            when is_deleted or stripe_status = 'canceled' then 'cancelled'
            when stripe_status = 'unpaid' then 'past_due'
            when stripe_status in ('active', 'past_due') and is_paused then 'paused'
            else stripe_status
        end as status

    from charged

)

select
    'stripe' as source,
    coalesce(named.event_id, named.subscription_id) as event_id,
    coalesce(customers.tenant_id, named.customer_id) as tenant_id,
    named.subscription_id,
    tier_of_state.entitlement_tier,
    named.status,
    try_cast(named.seats as bigint) as seats,
    try_cast(
        case
            when named.status in ('trialing', 'paused', 'cancelled') or named.stripe_status = 'unpaid' then 0
            else named.monthly_minor * currencies.stripe_major_per_minor
        end as decimal(28, 9)
    ) as mrr_amount,
    named.currency,
    named.valid_from as effective_at,
    named.valid_from as occurred_at,
    named.record_digest,
    greatest(named.load_id, customers.load_id) as load_id

from named
left join customers
    on named.customer_id = customers.customer_id
left join currencies
    on named.currency = currencies.currency
left join tier_of_state
    on named.subscription_id = tier_of_state.subscription_id
    and named.valid_from = tier_of_state.valid_from
where named.status is not null and coalesce(customers.tenant_id, named.customer_id) is not null
