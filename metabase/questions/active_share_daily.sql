/*
name: What share of tenants is active?
description: "Tenants with an active user, else with a call that day, of all tenants of the tier."
collection: adoption
display: line
parameters:
  date: {label: Date, type: date/all-options, field: [marts, tier_adoption_daily, snapshot_date]}
  tier: {label: Tier, type: string/=, field: [marts, tier_adoption_daily, entitlement_tier]}
visualization_settings:
  graph.dimensions: [snapshot_date, entitlement_tier]
  graph.metrics: [active_share]
  graph.y_axis.title_text: Share of tenants
  column_settings:
    '["name","snapshot_date"]': {column_title: Day (UTC)}
    '["name","entitlement_tier"]': {column_title: Tier}
    '["name","active_share"]': {column_title: Active, number_style: percent, decimals: 1}
*/
select
    snapshot_date,
    entitlement_tier,
    cast(sum(active_tenants) as double precision) / nullif(sum(tenants), 0) as active_share
from marts.tier_adoption_daily
where {{date}} and {{tier}}
group by snapshot_date, entitlement_tier
order by snapshot_date, entitlement_tier
