/*
name: How much of the input comes from the cache?
description: >-
  Share of input tokens that were read from a cache, by agent; null where no input is known.
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
  graph.metrics: [cache_read_share]
  column_settings:
    '["name","agent_name"]': {column_title: Agent}
    '["name","cache_read_share"]': {column_title: Read from cache, number_style: percent, decimals: 1}
*/
select
    agent_name,
    cast(sum(cache_read_tokens) as double precision) / nullif(sum(input_tokens), 0) as cache_read_share
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
group by agent_name
order by cache_read_share desc nulls last, agent_name
