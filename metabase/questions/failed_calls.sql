/*
name: Which calls failed last?
description: "The newest 25 calls to models that ended in an error, each with its trace."
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
    '["name","error_type"]': {column_title: Error}
    '["name","duration_ms"]': {column_title: Duration, decimals: 0, suffix: " ms"}
    '["name","trace_url"]': {column_title: Trace, view_as: link, link_text: Open}
    '["name","mlflow_run_url"]': {column_title: MLflow run, view_as: link, link_text: Open}
*/
select
    started_at,
    tenant_id,
    agent_name,
    model,
    error_type,
    duration_ms,
    trace_url,
    mlflow_run_url
from marts.llm_calls_recent
where is_failed and {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
order by started_at desc nulls last, call_id
limit 25
