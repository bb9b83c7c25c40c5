-- Tenants are those of the month's last day in tier_adoption_daily, paying ones those of mrr_movements_monthly; that
-- takes revenue which is not known any more for what it was, and the funnel for unknown.
with

funnel as (

    select * from {{ ref('premium_funnel_monthly') }}
    where is_complete

),

revenue as (

    select * from {{ ref('mrr_movements_monthly') }}

),

adoption as (

    select
        cast(date_trunc('month', snapshot_date) as date) as month,
        sum(tenants) as tenants

    from {{ ref('tier_adoption_daily') }}
    where snapshot_date = last_day(snapshot_date)
    group by 1

)

select
    funnel.month,
    funnel.paid_tenants,
    revenue.paying_tenants,
    funnel.eligible_tenants,
    adoption.tenants

from funnel
left join revenue
    on funnel.month = revenue.month
left join adoption
    on funnel.month = adoption.month
where
    funnel.eligible_tenants != adoption.tenants
    or revenue.paying_tenants not between funnel.paid_tenants
    and funnel.paid_tenants + funnel.paid_unknown_tenants + funnel.trial_unknown_tenants
