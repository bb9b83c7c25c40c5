/*
name: How many tenants are there?
description: Tenants when the newest known day ended; those that cancelled are none any more.
collection: adoption
display: scalar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, tier_adoption_daily, snapshot_date]}
  tier: {label: Tier, type: string/=, field: [marts, tier_adoption_daily, entitlement_tier]}
visualization_settings:
  column_settings:
    '["name","tenants"]': {column_title: Tenants, number_style: decimal, decimals: 0}
*/
with

days as (

    select
        snapshot_date,
        tenants

    from marts.tier_adoption_daily
    where {{date}} and {{tier}}

)

select sum(tenants) as tenants
from days
where snapshot_date = (select max(snapshot_date) from days)
