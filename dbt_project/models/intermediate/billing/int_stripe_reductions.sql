-- What the discounts that are in force together leave of a price, one after the other in Stripe's order. Those of a
-- subscription take the place of its customer's.
-- Source: Stripe API reference, create a subscription, `discounts`.
with

periods as (

    select
        subscription_id,
        told_at,
        valid_from,
        -- What follows a trial may be told after it began.
        greatest(valid_from, told_at) as in_force_at

    from {{ ref('int_stripe_subscription_periods') }}

),

discounts as (

    select * from {{ ref('int_stripe_discounts') }}

),

in_force as (

    select
        periods.subscription_id,
        periods.valid_from,
        discounts.* exclude (subscription_id, valid_from),
        bool_or(not discounts.is_of_customer) over same_place as has_its_own

    from periods
    inner join discounts
        on periods.subscription_id = discounts.subscription_id
        and periods.told_at = discounts.valid_from
        and periods.in_force_at >= discounts.starts_at
        and (periods.in_force_at < discounts.ends_at or discounts.ends_at is null)
    window same_place as (partition by periods.subscription_id, periods.valid_from, discounts.item_number)

),

shared as (

    select
        *,
        ln(case when coalesce(percent_off, 0) < 100 then 1 - cast(coalesce(percent_off, 0) as double) / 100 end)
            as log_of_share

    from in_force
    where not (is_of_customer and has_its_own)

),

-- A percentage counts for amounts that were taken off before it, too.
ordered as (

    select
        *,
        coalesce(
            sum(log_of_share) over (
                partition by subscription_id, valid_from, item_number
                order by place, discount_id
                rows between 1 following and unbounded following
            ),
            0
        ) as log_of_later_share

    from shared

)

select
    subscription_id,
    valid_from,
    item_number,
    cast(exp(sum(log_of_share)) as decimal(18, 15)) as share_left,
    coalesce(bool_or(percent_off >= 100), false) as is_free,
    try_cast(coalesce(sum(amount_off_minor * exp(log_of_later_share)), 0) as decimal(28, 6)) as amount_off_minor,
    bool_and(percent_off is not null or amount_off_minor is not null) as is_known,
    max(load_id) as load_id

from ordered
group by 1, 2, 3
