/*
name: How many tokens were used?
description: >-
  Tokens of all classes, weighted by sampling. Calls that reported no usage are missing from it.
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
    '["name","total_tokens"]': {column_title: How many tokens were used, number_style: decimal, decimals: 0}
*/
select sum(total_tokens) as total_tokens
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
