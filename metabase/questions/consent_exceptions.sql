/*
name: Which calls used data without consent?
description: "The newest 25 exceptions of the rules about consent, each with its trace."
collection: compliance
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, compliance_exceptions, occurred_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, compliance_exceptions, tenant_id]}
  agent: {label: Agent, type: string/=, field: [marts, compliance_exceptions, agent_name]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, compliance_exceptions, jurisdiction]}
visualization_settings:
  column_settings:
    '["name","occurred_at"]': {column_title: Happened (UTC)}
    '["name","rule_id"]': {column_title: Rule}
    '["name","verdict"]': {column_title: Verdict}
    '["name","tenant_id"]': {column_title: Tenant}
    '["name","agent_name"]': {column_title: Agent}
    '["name","evidence"]': {column_title: Evidence}
    '["name","trace_url"]': {column_title: Trace, view_as: link, link_text: Open}
    '["name","runbook_url"]': {column_title: Runbook, view_as: link, link_text: Open}
*/
select
    occurred_at,
    rule_id,
    verdict,
    tenant_id,
    agent_name,
    evidence,
    trace_url,
    runbook_url
from marts.compliance_exceptions
where rule_id like 'consent%' and {{date}} and {{tenant}} and {{agent}} and {{jurisdiction}}
order by occurred_at desc nulls last, exception_id
limit 25
