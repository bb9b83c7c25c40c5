/*
name: How many tenants has each tier?
description: Tenants when each day ended.
collection: adoption
display: area
parameters:
  date: {label: Date, type: date/all-options, field: [marts, tier_adoption_daily, snapshot_date]}
  tier: {label: Tier, type: string/=, field: [marts, tier_adoption_daily, entitlement_tier]}
visualization_settings:
  graph.dimensions: [snapshot_date, entitlement_tier]
  graph.metrics: [tenants]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Tenants
  column_settings:
    '["name","snapshot_date"]': {column_title: Day (UTC)}
    '["name","entitlement_tier"]': {column_title: Tier}
    '["name","tenants"]': {column_title: Tenants, number_style: decimal, decimals: 0}
*/
select
    snapshot_date,
    entitlement_tier,
    sum(tenants) as tenants
from marts.tier_adoption_daily
where {{date}} and {{tier}}
group by snapshot_date, entitlement_tier
order by snapshot_date, entitlement_tier
