/*
name: Which calls should not have been made?
description: "The newest 25 exceptions of the rules about connectors, each with its trace."
collection: reliability
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, compliance_exceptions, occurred_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, compliance_exceptions, tenant_id]}
  agent: {label: Agent, type: string/=, field: [marts, compliance_exceptions, agent_name]}
visualization_settings:
  column_settings:
    '["name","occurred_at"]': {column_title: Happened (UTC)}
    '["name","tenant_id"]': {column_title: Tenant}
    '["name","agent_name"]': {column_title: Agent}
    '["name","severity"]': {column_title: Severity}
    '["name","state"]': {column_title: State}
    '["name","evidence"]': {column_title: Evidence}
    '["name","trace_url"]': {column_title: Trace, view_as: link, link_text: Open}
    '["name","runbook_url"]': {column_title: Runbook, view_as: link, link_text: Open}
*/
select
    occurred_at,
    tenant_id,
    agent_name,
    severity,
    state,
    evidence,
    trace_url,
    runbook_url
from marts.compliance_exceptions
where rule_id = 'denylisted_connector' and {{date}} and {{tenant}} and {{agent}}
order by occurred_at desc nulls last, exception_id
limit 25
