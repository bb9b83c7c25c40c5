/*
name: Which calls were the slowest?
description: "The 25 longest calls to models of the newest 30 days, each with its trace."
collection: reliability
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
    '["name","duration_ms"]': {column_title: Duration, decimals: 0, suffix: " ms"}
    '["name","time_to_first_token_ms"]': {column_title: First token, decimals: 0, suffix: " ms"}
    '["name","trace_url"]': {column_title: Trace, view_as: link, link_text: Open}
    '["name","mlflow_run_url"]': {column_title: MLflow run, view_as: link, link_text: Open}
*/
select
    started_at,
    tenant_id,
    agent_name,
    model,
    duration_ms,
    time_to_first_token_ms,
    trace_url,
    mlflow_run_url
from marts.llm_calls_recent
where duration_ms is not null and {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
order by duration_ms desc, call_id
limit 25
