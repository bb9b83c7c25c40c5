-- What lowers the price of a subscription, or of one item, in each of its states, and from when until when. A coupon
-- that is used once lowers no monthly price. Both percent and amount are null where the discount or its coupon was
-- never told.
with

states as (

    select * from {{ ref('int_stripe_states') }}

),

items as (

    select * from {{ ref('int_stripe_items') }}

),

customer_discounts as (

    select * from {{ ref('int_stripe_customer_discounts') }}

),

subscriptions as (

    select
        *,
        object_id as subscription_id,
        upper({{ json_member('object', 'currency') }}) as currency

    from states
    where object_type = 'subscription' and valid_from is not null

),

named as (

    select
        subscription_id,
        valid_from,
        cast(null as bigint) as item_number,
        false as is_of_customer,
        valid_from as since,
        cast(null as timestamp) as until,
        cast(null as bigint) as load_id,
        {{ json_places('object', 'discounts') }} as place,
        {{ json_members('object', 'discounts') }} as discount

    from subscriptions

    union all

    -- Older versions of the API send one, by another name.
    select
        subscription_id,
        valid_from,
        cast(null as bigint) as item_number,
        false as is_of_customer,
        valid_from as since,
        cast(null as timestamp) as until,
        cast(null as bigint) as load_id,
        1 as place,
        {{ json_text('object', 'discount') }} as discount

    from subscriptions
    where {{ json_text('object', 'discount') }} is not null

    union all

    select
        subscription_id,
        valid_from,
        item_number,
        false as is_of_customer,
        valid_from as since,
        cast(null as timestamp) as until,
        cast(null as bigint) as load_id,
        {{ json_places('item', 'discounts') }} as place,
        {{ json_members('item', 'discounts') }} as discount

    from items

    union all

    select
        subscriptions.subscription_id,
        subscriptions.valid_from,
        cast(null as bigint) as item_number,
        true as is_of_customer,
        greatest(subscriptions.valid_from, customer_discounts.valid_from) as since,
        customer_discounts.valid_to as until,
        customer_discounts.load_id,
        1 as place,
        customer_discounts.discount

    from subscriptions
    inner join customer_discounts
        on subscriptions.customer_id = customer_discounts.customer_id
        and (subscriptions.valid_to is null or subscriptions.valid_to > customer_discounts.valid_from)
        and (customer_discounts.valid_to is null or subscriptions.valid_from < customer_discounts.valid_to)
    where customer_discounts.discount is not null

),

-- Before 2020 discounts had no id, so what is told of one is its name.
identified as (

    select
        * exclude (discount),
        coalesce({{ json_member('discount', 'id') }}, {{ json_string('discount') }}, discount) as discount_id,
        case when {{ json_string('discount') }} is null then discount end as discount

    from named

),

-- The same discount may stand there by its id and in full.
once as (

    select
        subscription_id,
        valid_from,
        item_number,
        is_of_customer,
        since,
        until,
        load_id,
        discount_id,
        min(place) as place,
        max(discount) as discount

    from identified
    group by 1, 2, 3, 4, 5, 6, 7, 8

),

told as (

    select
        once.* exclude (discount, load_id),
        subscriptions.currency as subscription_currency,
        coalesce(once.discount, states.object) as discount,
        case when states.is_deleted then states.valid_from end as taken_away_at,
        greatest(once.load_id, states.load_id) as load_id

    from once
    inner join subscriptions
        on once.subscription_id = subscriptions.subscription_id
        and once.valid_from = subscriptions.valid_from
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
        {{ stripe_instant('discount', 'start') }} as told_start,
        {{ stripe_instant('discount', 'end') }} as told_end

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
        coalesce({{ json_member('told_coupon', 'duration') }}, '') as duration,
        upper({{ json_member('told_coupon', 'currency') }}) as coupon_currency,
        try_cast({{ json_member('told_coupon', 'percent_off') }} as decimal(9, 6)) as percent_told,
        try_cast({{ json_member('told_coupon', 'amount_off') }} as decimal(18, 0)) as amount_told,
        -- A coupon of more than a hundred years has no end that counts.
        case
            when try_cast({{ json_member('told_coupon', 'duration_in_months') }} as integer) between 1 and 1200
                then try_cast({{ json_member('told_coupon', 'duration_in_months') }} as integer)
        end as months

    from described

),

timed as (

    select
        *,
        coalesce(
            told_end,
            case when duration = 'repeating' then {{ dbt.dateadd('month', 'months', 'told_start') }} end
        ) as comes_to_end_at

    from measured
    where duration != 'once'

),

bounded as (

    select
        *,
        greatest(since, told_start) as starts_at,
        least(comes_to_end_at, until, taken_away_at) as ends_at,
        -- A coupon of some months, nobody knows which.
        duration != 'repeating' or comes_to_end_at is not null as is_timed

    from timed

)

select
    subscription_id,
    valid_from,
    item_number,
    is_of_customer,
    place,
    discount_id,
    case when is_timed then {{ not_negative('percent_told') }} end as percent_off,
    case
        when is_timed and coalesce(coupon_currency = subscription_currency, true)
            then {{ not_negative('amount_told') }}
    end as amount_off_minor,
    starts_at,
    ends_at,
    -- Null where the subscription itself tells all.
    greatest(load_id, coupon_load_id) as load_id

from bounded
where ends_at is null or ends_at > starts_at
