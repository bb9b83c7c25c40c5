/*
name: What did the calls cost?
description: >-
  US dollars at the prices in force when each call began, weighted by sampling. Calls without a known
  price are not in it and stand beside it.
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
    '["name","cost_usd"]': {column_title: What did the calls cost, number_style: currency, currency: USD, decimals: 2}
*/
select sum(cost_usd) as cost_usd
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
