/*
name: How do cost and traffic move?
description: >-
  US dollars and calls a day, weighted by sampling. Calls without a known price are not in it and stand
  beside it.
collection: usage
display: combo
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_usage_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, token_usage_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, token_usage_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, token_usage_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, token_usage_daily, environment]}
visualization_settings:
  graph.dimensions: [usage_date]
  graph.metrics: [cost_usd, requests]
  series_settings: {cost_usd: {display: bar, axis: left}, requests: {display: line, axis: right}}
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","cost_usd"]': {column_title: Cost, number_style: currency, currency: USD, decimals: 2}
    '["name","requests"]': {column_title: Calls, number_style: decimal, decimals: 0}
*/
select
    usage_date,
    sum(cost_usd) as cost_usd,
    sum(requests) as requests
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
group by usage_date
order by usage_date
