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
-- The newest day of all tiers: one that has emptied has no row on it, and its last one is not of now.
select sum(case when {{tier}} then tenants else 0 end) as tenants
from marts.tier_adoption_daily
where snapshot_date = (select max(snapshot_date) from marts.tier_adoption_daily where {{date}})
