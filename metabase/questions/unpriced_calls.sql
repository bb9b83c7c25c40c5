/*
name: Which calls have no price?
description: >-
  The newest 25 calls whose usage is known and whose model has no price. Add the price to the seed of
  contract prices.
collection: usage
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, llm_calls_recent, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, llm_calls_recent, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, llm_calls_recent, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, llm_calls_recent, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, llm_calls_recent, environment]}
visualization_settings:
  column_settings:
    '["name","started_at"]': {column_title: Started (UTC)}
    '["name","tenant_id"]': {column_title: Tenant}
    '["name","agent_name"]': {column_title: Agent}
    '["name","model"]': {column_title: Model}
    '["name","total_tokens"]': {column_title: Tokens, number_style: decimal, decimals: 0}
    '["name","trace_url"]': {column_title: Trace, view_as: link, link_text: Open}
*/
select
    started_at,
    tenant_id,
    agent_name,
    model,
    uncached_input_tokens + cache_read_tokens + cache_write_tokens + visible_output_tokens
        + reasoning_tokens as total_tokens,
    trace_url
from marts.llm_calls_recent
where is_usage_known and not is_priced and {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
order by started_at desc nulls last, call_id
limit 25
