/*
name: How does recurring revenue move?
description: US dollars a month by tier when each day ended; what is not known is not in it.
collection: adoption
display: area
parameters:
  date: {label: Date, type: date/all-options, field: [marts, tier_adoption_daily, snapshot_date]}
  tier: {label: Tier, type: string/=, field: [marts, tier_adoption_daily, entitlement_tier]}
visualization_settings:
  graph.dimensions: [snapshot_date, entitlement_tier]
  graph.metrics: [mrr_usd]
  stackable.stack_type: stacked
  graph.y_axis.title_text: US dollars a month
  column_settings:
    '["name","snapshot_date"]': {column_title: Day (UTC)}
    '["name","entitlement_tier"]': {column_title: Tier}
    '["name","mrr_usd"]': {column_title: Revenue a month, number_style: currency, currency: USD, decimals: 2}
*/
select
    snapshot_date,
    entitlement_tier,
    sum(mrr_usd) as mrr_usd
from marts.tier_adoption_daily
where {{date}} and {{tier}}
group by snapshot_date, entitlement_tier
order by snapshot_date, entitlement_tier
