-- A subscription in each of its periods, in the terms of `billing.subscription.changed`. The tier is the highest that
-- one of its prices sells. Trials, paused, unpaid and ended subscriptions bring nothing; one whose first payment never
-- came was none.
with

all_periods as (

    select
        *,
        coalesce(stripe_status in ('incomplete', 'incomplete_expired'), false) as is_unpaid_for

    from {{ ref('int_stripe_subscription_periods') }}

),

followed as (

    select
        *,
        bool_or(is_unpaid_for) over periods_so_far as was_ever_unpaid_for,
        bool_or(not is_unpaid_for and not is_cancelled) over periods_so_far as was_ever_one

    from all_periods
    window
        periods_so_far as (
            partition by subscription_id
            order by valid_from
            rows between unbounded preceding and current row
        )

),

-- However it ended: an export tells of one that has ended nothing else either, and it was one.
periods as (

    select * exclude (is_unpaid_for, was_ever_unpaid_for, was_ever_one)
    from followed
    where not is_unpaid_for and (was_ever_one or not was_ever_unpaid_for)

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

reductions as (

    select * from {{ ref('int_stripe_reductions') }}

),

items as (

    select
        periods.valid_from,
        {{ json_member('periods.object', 'metadata.entitlement_tier') }} as tier_of_subscription,
        items.* exclude (valid_from)

    from periods
    inner join {{ ref('int_stripe_items') }} as items
        on periods.subscription_id = items.subscription_id
        and periods.told_at = items.valid_from

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

tier_of_period as (

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

item_revenue as (

    select
        items.subscription_id,
        items.valid_from,
        items.currency,
        items.quantity,
        items.usage_type,
        items.invoices_a_month,
        reductions.load_id,
        try_cast({{ stripe_reduced('items.monthly_minor', 'items.invoices_a_month') }} as decimal(28, 6))
            as monthly_minor

    from items
    left join reductions
        on items.subscription_id = reductions.subscription_id
        and items.valid_from = reductions.valid_from
        and items.item_number = reductions.item_number

),

totals as (

    select
        subscription_id,
        valid_from,
        max(currency) as currency,
        count(distinct currency) as currencies,
        sum(quantity) filter (usage_type != 'metered') as seats,
        case when count(*) = count(monthly_minor) then sum(monthly_minor) end as monthly_minor,
        -- Metered prices bring nothing of which their invoices could take off an amount.
        max(invoices_a_month) filter (usage_type != 'metered') as invoices_a_month,
        max(load_id) as load_id

    from item_revenue
    group by 1, 2

),

charged as (

    select
        periods.* exclude (load_id),
        greatest(periods.load_id, totals.load_id, reductions.load_id) as load_id,
        coalesce(totals.currency, upper({{ json_member('periods.object', 'currency') }})) as currency,
        totals.seats,
        case
            when {{ json_member('periods.object', 'items.has_more') }} = 'true' then null
            when totals.currencies > 1 then null
            else {{ stripe_reduced('totals.monthly_minor', 'totals.invoices_a_month') }}
        end as monthly_minor

    from periods
    left join totals
        on periods.subscription_id = totals.subscription_id
        and periods.valid_from = totals.valid_from
    left join reductions
        on periods.subscription_id = reductions.subscription_id
        and periods.valid_from = reductions.valid_from
        and reductions.item_number is null

),

named as (

    select
        *,
        case
            when is_cancelled then 'cancelled'
            when stripe_status = 'unpaid' then 'past_due'
            when stripe_status in ('active', 'past_due') and is_paused then 'paused'
            else stripe_status
        end as status

    from charged

)

select
    'stripe' as source,
    coalesce(named.event_id, named.subscription_id)
    || case when named.valid_from = named.told_at then '' else '/' || cast(named.valid_from as varchar) end as event_id,
    coalesce(customers.tenant_id, named.customer_id) as tenant_id,
    named.subscription_id,
    tier_of_period.entitlement_tier,
    named.status,
    try_cast(named.seats as bigint) as seats,
    try_cast(
        case
            -- Whether it was paid for then was not told.
            when named.is_trial_over and named.status = 'trialing' then null
            when named.status in ('trialing', 'paused', 'cancelled') or named.stripe_status = 'unpaid' then 0
            else named.monthly_minor * currencies.stripe_major_per_minor
        end as decimal(28, 9)
    ) as mrr_amount,
    named.currency,
    named.valid_from as effective_at,
    named.told_at as occurred_at,
    named.record_digest,
    greatest(named.load_id, customers.load_id) as load_id

from named
left join customers
    on named.customer_id = customers.customer_id
left join currencies
    on named.currency = currencies.currency
left join tier_of_period
    on named.subscription_id = tier_of_period.subscription_id
    and named.valid_from = tier_of_period.valid_from
where named.status is not null and coalesce(customers.tenant_id, named.customer_id) is not null
