/*
name: What does each agent cost a day?
description: >-
  US dollars at the prices in force when each call began, weighted by sampling. Calls without a known
  price are not in it and stand beside it.
collection: usage
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_usage_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, token_usage_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, token_usage_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, token_usage_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, token_usage_daily, environment]}
visualization_settings:
  graph.dimensions: [usage_date, agent_name]
  graph.metrics: [cost_usd]
  stackable.stack_type: stacked
  graph.y_axis.title_text: US dollars a day
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","agent_name"]': {column_title: Agent}
    '["name","cost_usd"]': {column_title: Cost, number_style: currency, currency: USD, decimals: 2}
*/
select
    usage_date,
    agent_name,
    sum(cost_usd) as cost_usd
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
group by usage_date, agent_name
order by usage_date, agent_name
