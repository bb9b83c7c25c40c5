-- What each item of a subscription brings in a month, in each state of the subscription: the list price times the
-- quantity, in Stripe's minor units. Null where the price is not told, 0 where it follows use.
with

subscriptions as (

    select *
    from {{ ref('int_stripe_states') }}
    where object_type = 'subscription' and valid_from is not null

),

items as (

    select
        object_id as subscription_id,
        valid_from,
        upper({{ json_member('object', 'currency') }}) as subscription_currency,
        {{ json_members('object', 'items.data') }} as item,
        {{ json_places('object', 'items.data') }} as item_number

    from subscriptions

),

-- Before prices there were plans; both are still sent side by side.
priced as (

    select
        *,
        coalesce({{ json_object_member('item', 'price') }}, {{ json_object_member('item', 'plan') }}) as price

    from items

),

described as (

    select
        subscription_id,
        valid_from,
        subscription_currency,
        item,
        item_number,
        {{ json_member('item', 'id') }} as item_id,
        coalesce({{ stripe_reference('item', 'price') }}, {{ stripe_reference('item', 'plan') }}) as price_id,
        {{ stripe_reference('price', 'product') }} as product_id,
        {{ json_member('price', 'lookup_key') }} as lookup_key,
        coalesce(
            {{ json_member('price', 'metadata.entitlement_tier') }},
            {{ json_member('price', 'product.metadata.entitlement_tier') }}
        ) as tier_in_metadata,
        upper({{ json_member('price', 'currency') }}) as currency,
        coalesce({{ json_member('price', 'billing_scheme') }}, 'per_unit') as billing_scheme,
        coalesce(
            {{ json_member('price', 'recurring.usage_type') }}, {{ json_member('price', 'usage_type') }}, 'licensed'
        ) as usage_type,
        coalesce({{ json_member('price', 'recurring.interval') }}, {{ json_member('price', 'interval') }})
            as billing_interval,
        coalesce(
            try_cast({{ json_member('price', 'recurring.interval_count') }} as integer),
            try_cast({{ json_member('price', 'interval_count') }} as integer),
            1
        ) as told_interval_count,
        coalesce(
            try_cast({{ json_member('price', 'unit_amount_decimal') }} as decimal(28, 12)),
            try_cast({{ json_member('price', 'unit_amount') }} as decimal(28, 12)),
            try_cast({{ json_member('price', 'amount_decimal') }} as decimal(28, 12)),
            try_cast({{ json_member('price', 'amount') }} as decimal(28, 12))
        ) as unit_amount,
        coalesce(try_cast({{ json_member('item', 'quantity') }} as bigint), 1) as quantity,
        coalesce(
            try_cast({{ json_member('price', 'transform_quantity.divide_by') }} as bigint),
            try_cast({{ json_member('price', 'transform_usage.divide_by') }} as bigint)
        ) as packed_by,
        coalesce(
            {{ json_member('price', 'transform_quantity.round') }}, {{ json_member('price', 'transform_usage.round') }}
        ) = 'down' as is_rounded_down

    from priced

),

-- A month is a twelfth of 365 days.
measured as (

    select
        *,
        case when told_interval_count > 0 then told_interval_count end as interval_count,
        case
            when packed_by is null then quantity
            when packed_by <= 0 then null
            when is_rounded_down then quantity // packed_by
            else quantity // packed_by + case when quantity % packed_by > 0 then 1 else 0 end
        end as packs,
        case billing_interval
            when 'day' then 365
            when 'week' then 365 / 7.0
            when 'month' then 12
            when 'year' then 1
        end as times_a_year

    from described

)

select
    *,
    try_cast(
        case
            when usage_type = 'metered' then 0
            -- A price of many currencies comes with the amount of its first.
            when currency != subscription_currency then null
            when billing_scheme = 'per_unit' and unit_amount >= 0 and packs >= 0
                then cast(unit_amount as double) * packs * times_a_year / interval_count / 12
        end as decimal(28, 6)
    ) as monthly_minor,
    cast(times_a_year as double) / interval_count / 12 as invoices_a_month

from measured
