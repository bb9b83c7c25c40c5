-- What lowers the price of a subscription, or of one item, in each of its states. A coupon that is used once lowers no
-- monthly price. Both percent and amount are null where the discount or its coupon was never told.
with

states as (

    select * from {{ ref('int_stripe_states') }}

),

items as (

    select * from {{ ref('int_stripe_items') }}

),

named as (

    select
        object_id as subscription_id,
        valid_from,
        cast(null as bigint) as item_number,
        {{ json_members('object', 'discounts') }} as discount

    from states
    where object_type = 'subscription' and valid_from is not null

    union all

    -- Older versions of the API send one, by another name.
    select
        object_id as subscription_id,
        valid_from,
        cast(null as bigint) as item_number,
        {{ json_object_member('object', 'discount') }} as discount

    from states
    where
        object_type = 'subscription'
        and valid_from is not null
        and {{ json_object_member('object', 'discount') }} is not null

    union all

    select
        subscription_id,
        valid_from,
        item_number,
        {{ json_members('item', 'discounts') }} as discount

    from items

),

-- The first versions of the API gave a discount no id; its coupon tells it apart, since there was one at a time.
identified as (

    select distinct
        subscription_id,
        valid_from,
        item_number,
        coalesce(
            {{ json_member('discount', 'id') }},
            {{ json_string('discount') }},
            'of coupon ' || {{ stripe_reference('discount', 'coupon') }}
        ) as discount_id,
        case when {{ json_string('discount') }} is null then discount end as discount

    from named

),

-- The same discount may stand there by its id and in full.
once as (

    select
        subscription_id,
        valid_from,
        item_number,
        discount_id,
        max(discount) as discount

    from identified
    group by 1, 2, 3, 4

),

told as (

    select
        once.subscription_id,
        once.valid_from,
        once.item_number,
        once.discount_id,
        coalesce(once.discount, states.object) as discount,
        states.load_id

    from once
    left join states
        on once.discount_id = states.object_id
        and states.object_type = 'discount'
        and states.is_newest

),

with_coupon as (

    select
        *,
        coalesce(
            {{ stripe_reference('discount', 'coupon') }}, {{ stripe_reference('discount', 'source.coupon') }}
        ) as coupon_id,
        coalesce(
            {{ json_object_member('discount', 'coupon') }}, {{ json_object_member('discount', 'source.coupon') }}
        ) as coupon,
        {{ stripe_instant('discount', 'end') }} as ends_at

    from told

),

described as (

    select
        with_coupon.*,
        coalesce(with_coupon.coupon, coupons.object) as told_coupon,
        coupons.load_id as coupon_load_id

    from with_coupon
    left join states as coupons
        on with_coupon.coupon_id = coupons.object_id
        and coupons.object_type = 'coupon'
        and coupons.is_newest

),

measured as (

    select
        *,
        try_cast({{ json_member('told_coupon', 'percent_off') }} as decimal(9, 6)) as percent_told,
        try_cast({{ json_member('told_coupon', 'amount_off') }} as decimal(18, 0)) as amount_told

    from described
    where
        coalesce({{ json_member('told_coupon', 'duration') }}, '') != 'once'
        and (ends_at is null or ends_at > valid_from)

)

select
    subscription_id,
    valid_from,
    item_number,
    discount_id,
    {{ not_negative('percent_told') }} as percent_off,
    {{ not_negative('amount_told') }} as amount_off_minor,
    -- Null where the subscription itself tells all.
    greatest(load_id, coupon_load_id) as load_id

from measured
