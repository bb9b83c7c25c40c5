/*
name: Which classes of tokens are used?
description: >-
  Tokens a day in five disjoint classes, weighted by sampling. Calls that reported no usage are missing
  from it.
collection: usage
display: area
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_usage_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, token_usage_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, token_usage_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, token_usage_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, token_usage_daily, environment]}
visualization_settings:
  graph.dimensions: [usage_date]
  graph.metrics: [uncached_input_tokens, cache_read_tokens, cache_write_tokens, visible_output_tokens, reasoning_tokens]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Tokens a day
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","uncached_input_tokens"]': {column_title: Input, number_style: decimal, decimals: 0}
    '["name","cache_read_tokens"]': {column_title: Read from cache, number_style: decimal, decimals: 0}
    '["name","cache_write_tokens"]': {column_title: Written to cache, number_style: decimal, decimals: 0}
    '["name","visible_output_tokens"]': {column_title: Output, number_style: decimal, decimals: 0}
    '["name","reasoning_tokens"]': {column_title: Reasoning, number_style: decimal, decimals: 0}
*/
select
    usage_date,
    sum(uncached_input_tokens) as uncached_input_tokens,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(cache_write_tokens) as cache_write_tokens,
    sum(visible_output_tokens) as visible_output_tokens,
    sum(reasoning_tokens) as reasoning_tokens
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
group by usage_date
order by usage_date
