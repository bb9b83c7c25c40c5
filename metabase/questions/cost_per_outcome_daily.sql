/*
name: What does an accepted outcome cost?
description: >-
  US dollars for each accepted outcome, over the tenants and days of which every cost and at least one
  outcome are known; where nothing was accepted, the cost counts all the same.
collection: usage
display: line
parameters:
  date: {label: Date, type: date/all-options, field: [marts, unit_economics_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, unit_economics_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, unit_economics_daily, entitlement_tier]}
visualization_settings:
  graph.dimensions: [usage_date]
  graph.metrics: [cost_per_outcome_usd]
  graph.y_axis.title_text: US dollars
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","cost_per_outcome_usd"]': {column_title: An accepted outcome, number_style: currency, currency: USD, decimals: 4}
*/
select
    usage_date,
    sum(cost_usd) / nullif(sum(accepted_outcomes), 0) as cost_per_outcome_usd
from marts.unit_economics_daily
where uncosted_requests = 0
    and cost_usd is not null
    and known_outcomes > 0
    and {{date}} and {{tenant}} and {{tier}}
group by usage_date
order by usage_date
