/*
name: How many calls told no usage?
description: "Calls, weighted, that reported no tokens."
collection: usage
display: scalar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_usage_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, token_usage_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, token_usage_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, token_usage_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, token_usage_daily, environment]}
visualization_settings:
  column_settings:
    '["name","unknown_usage_requests"]': {column_title: How many calls told no usage, number_style: decimal, decimals: 0}
*/
select sum(unknown_usage_requests) as unknown_usage_requests
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
