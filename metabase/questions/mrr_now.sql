/*
name: What is the recurring revenue?
description: >-
  US dollars a month when the newest known day ended, of the tiers chosen; what is not known is not in it.
collection: adoption
display: scalar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, tier_adoption_daily, snapshot_date]}
  tier: {label: Tier, type: string/=, field: [marts, tier_adoption_daily, entitlement_tier]}
visualization_settings:
  column_settings:
    '["name","mrr_usd"]': {column_title: Recurring revenue a month, number_style: currency, currency: USD, decimals: 0}
*/
-- The newest day of all tiers: one that has emptied has no row on it, and its last one is not of now.
select sum(mrr_usd) as mrr_usd
from marts.tier_adoption_daily
where snapshot_date = (select max(snapshot_date) from marts.tier_adoption_daily where {{date}}) and {{tier}}
