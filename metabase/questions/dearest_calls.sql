/*
name: Which single calls were the dearest?
description: "The 25 dearest calls of the newest 30 days, each with its trace."
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
    '["name","cost_usd"]': {column_title: Cost, number_style: currency, currency: USD, decimals: 4}
    '["name","duration_ms"]': {column_title: Duration, decimals: 0, suffix: " ms"}
    '["name","trace_url"]': {column_title: Trace, view_as: link, link_text: Open}
    '["name","mlflow_run_url"]': {column_title: MLflow run, view_as: link, link_text: Open}
*/
select
    started_at,
    tenant_id,
    agent_name,
    model,
    uncached_input_tokens + cache_read_tokens + cache_write_tokens + visible_output_tokens
        + reasoning_tokens as total_tokens,
    cost_usd,
    duration_ms,
    trace_url,
    mlflow_run_url
from marts.llm_calls_recent
where cost_usd is not null and {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
order by cost_usd desc, call_id
limit 25
