/*
name: "Who comes, moves and leaves?"
description: Tenants a day; those that moved down or left count below zero.
collection: adoption
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, tier_adoption_daily, snapshot_date]}
  tier: {label: Tier, type: string/=, field: [marts, tier_adoption_daily, entitlement_tier]}
visualization_settings:
  graph.dimensions: [snapshot_date]
  graph.metrics: [new_tenants, upgraded, downgraded, churned]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Tenants
  series_settings: {new_tenants: {color: "#46a37c"}, upgraded: {color: "#5b8fd0"}, downgraded: {color: "#dda032"}, churned: {color: "#d2564f"}}
  column_settings:
    '["name","snapshot_date"]': {column_title: Day (UTC)}
    '["name","new_tenants"]': {column_title: New, number_style: decimal, decimals: 0}
    '["name","upgraded"]': {column_title: Upgraded, number_style: decimal, decimals: 0}
    '["name","downgraded"]': {column_title: Downgraded, number_style: decimal, decimals: 0}
    '["name","churned"]': {column_title: Left, number_style: decimal, decimals: 0}
*/
select
    snapshot_date,
    sum(new_tenants) as new_tenants,
    sum(upgraded_in) as upgraded,
    -sum(downgraded_in) as downgraded,
    -sum(churned_tenants) as churned
from marts.tier_adoption_daily
where snapshot_date > (select min(snapshot_date) from marts.tier_adoption_daily) and {{date}} and {{tier}}
group by snapshot_date
order by snapshot_date
