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
        {{ json_member('price', 'tiers_mode') }} as tiers_mode,
        case
            when {{ json_has_member('price', 'tiers') }} then price else {{ json_object_member('item', 'plan') }}
        end as tiered_price,
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

),

-- Tiers come where whoever asked Stripe for the price asked for them, too. The last has no end.
tiers as (

    select
        subscription_id,
        valid_from,
        item_number,
        packs,
        {{ json_members('tiered_price', 'tiers') }} as tier,
        {{ json_places('tiered_price', 'tiers') }} as place

    from measured
    where billing_scheme = 'tiered'

),

told_tiers as (

    select
        * exclude (tier),
        coalesce({{ json_member('tier', 'up_to') }}, 'inf') = 'inf' as is_open,
        try_cast({{ json_member('tier', 'up_to') }} as bigint) as up_to,
        coalesce(
            try_cast({{ json_member('tier', 'unit_amount_decimal') }} as decimal(28, 12)),
            try_cast({{ json_member('tier', 'unit_amount') }} as decimal(28, 12)),
            try_cast({{ json_member('tier', 'amount') }} as decimal(28, 12))
        ) as unit_amount,
        coalesce(
            try_cast({{ json_member('tier', 'flat_amount_decimal') }} as decimal(28, 12)),
            try_cast({{ json_member('tier', 'flat_amount') }} as decimal(28, 12))
        ) as flat_amount

    from tiers

),

bounded_tiers as (

    select
        *,
        coalesce(lag(up_to) over (partition by subscription_id, valid_from, item_number order by place), 0) as above

    from told_tiers

),

-- Nothing is charged as the first tier, of which only the flat amount is left.
reached_tiers as (

    select
        *,
        coalesce(packs <= up_to, is_open) as is_last_reached,
        case when packs <= up_to then packs when not is_open then up_to else packs end as reached_up_to

    from bounded_tiers
    where packs > above or place = 1

),

tiered as (

    select
        subscription_id,
        valid_from,
        item_number,
        bool_and(
            coalesce(unit_amount >= 0, flat_amount is not null)
            and coalesce(flat_amount >= 0, unit_amount is not null)
            and (is_open or coalesce(up_to > above, false))
        ) and bool_or(is_last_reached) as is_known,
        sum(
            cast(coalesce(unit_amount, 0) as double) * (reached_up_to - above) + coalesce(flat_amount, 0)
        ) as graduated_amount,
        sum(cast(coalesce(unit_amount, 0) as double) * packs + coalesce(flat_amount, 0)) filter (is_last_reached)
            as volume_amount

    from reached_tiers
    group by 1, 2, 3

),

invoiced as (

    select
        measured.* exclude (tiered_price),
        case
            when measured.billing_scheme = 'per_unit' and measured.unit_amount >= 0 and measured.packs >= 0
                then cast(measured.unit_amount as double) * measured.packs
            when measured.packs >= 0 and tiered.is_known and measured.tiers_mode = 'graduated'
                then tiered.graduated_amount
            when measured.packs >= 0 and tiered.is_known and measured.tiers_mode = 'volume'
                then tiered.volume_amount
        end as amount_minor

    from measured
    left join tiered
        on measured.subscription_id = tiered.subscription_id
        and measured.valid_from = tiered.valid_from
        and measured.item_number = tiered.item_number

)

select
    *,
    try_cast(
        case
            when usage_type = 'metered' then 0
            -- A price of many currencies comes with the amount of its first.
            when currency != subscription_currency then null
            else amount_minor * times_a_year / interval_count / 12
        end as decimal(28, 6)
    ) as monthly_minor,
    cast(times_a_year as double) / interval_count / 12 as invoices_a_month

from invoiced
