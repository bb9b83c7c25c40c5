/*
name: Which agents use the most tokens?
description: "Tokens of all classes by agent, weighted by sampling."
collection: usage
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_usage_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, token_usage_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, token_usage_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, token_usage_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, token_usage_daily, environment]}
visualization_settings:
  graph.dimensions: [agent_name]
  graph.metrics: [total_tokens]
  column_settings:
    '["name","agent_name"]': {column_title: Agent}
    '["name","total_tokens"]': {column_title: Tokens, number_style: decimal, decimals: 0}
    '["name","unknown_usage_requests"]': {column_title: Calls without usage, number_style: decimal, decimals: 0}
*/
select
    agent_name,
    sum(total_tokens) as total_tokens,
    sum(unknown_usage_requests) as unknown_usage_requests
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
group by agent_name
order by total_tokens desc nulls last, agent_name
