/*
name: "What does each agent use, and how sure is that?"
description: >-
  One row per agent. The interval is that of sampling, 95 %, and equals the total where nothing was
  sampled. Calls without a price or without usage are missing from cost and tokens.
collection: usage
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_usage_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, token_usage_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, token_usage_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, token_usage_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, token_usage_daily, environment]}
visualization_settings:
  column_settings:
    '["name","agent_name"]':
      column_title: Agent
      click_behavior:
        type: link
        linkType: dashboard
        targetId: latency_and_slos
        parameterMapping:
          agent: {source: {type: column, id: agent_name, name: agent_name}, target: {type: parameter, id: agent}, id: agent}
    '["name","requests"]': {column_title: Calls, number_style: decimal, decimals: 0}
    '["name","observed_requests"]': {column_title: Calls seen, number_style: decimal, decimals: 0}
    '["name","failed_share"]': {column_title: Failed, number_style: percent, decimals: 1}
    '["name","total_tokens"]': {column_title: Tokens, number_style: decimal, decimals: 0}
    '["name","cost_usd"]': {column_title: Cost, number_style: currency, currency: USD, decimals: 2}
    '["name","cost_low_usd"]': {column_title: "Cost, at least", number_style: currency, currency: USD, decimals: 2}
    '["name","cost_high_usd"]': {column_title: "Cost, at most", number_style: currency, currency: USD, decimals: 2}
    '["name","unpriced_requests"]': {column_title: Without a price, number_style: decimal, decimals: 0}
    '["name","unknown_usage_requests"]': {column_title: Without usage, number_style: decimal, decimals: 0}
*/
select
    agent_name,
    sum(requests) as requests,
    sum(observed_requests) as observed_requests,
    sum(failed_requests) / nullif(sum(requests), 0) as failed_share,
    sum(total_tokens) as total_tokens,
    sum(cost_usd) as cost_usd,
    sum(cost_usd) * exp(-1.96 * sqrt(sum(cost_usd_variance)) / nullif(sum(cost_usd), 0)) as cost_low_usd,
    sum(cost_usd) * exp(1.96 * sqrt(sum(cost_usd_variance)) / nullif(sum(cost_usd), 0)) as cost_high_usd,
    sum(unpriced_requests) as unpriced_requests,
    sum(unknown_usage_requests) as unknown_usage_requests
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
group by agent_name
order by cost_usd desc nulls last, agent_name
