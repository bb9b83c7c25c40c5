/*
name: Which workflows cost the most?
description: The 15 workflows with the highest cost in US dollars. Calls without a known price are not in it and stand beside it.
collection: usage
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_usage_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, token_usage_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, token_usage_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, token_usage_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, token_usage_daily, environment]}
visualization_settings:
  graph.dimensions: [workflow_name]
  graph.metrics: [cost_usd]
  column_settings:
    '["name","workflow_name"]': {column_title: Workflow}
    '["name","cost_usd"]': {column_title: Cost, number_style: currency, currency: USD, decimals: 2}
    '["name","unpriced_requests"]': {column_title: Calls without a price, number_style: decimal, decimals: 0}
*/
select
    workflow_name,
    sum(cost_usd) as cost_usd,
    sum(unpriced_requests) as unpriced_requests
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
group by workflow_name
order by cost_usd desc nulls last, workflow_name
limit 15
