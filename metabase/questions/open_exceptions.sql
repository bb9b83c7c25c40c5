/*
name: What is to be settled?
description: >-
  The 50 newest severe exceptions that are open, with what to do and the trace that shows it.
collection: compliance
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, compliance_exceptions, occurred_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, compliance_exceptions, tenant_id]}
  agent: {label: Agent, type: string/=, field: [marts, compliance_exceptions, agent_name]}
  rule: {label: Rule, type: string/=, field: [marts, compliance_exceptions, rule_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, compliance_exceptions, jurisdiction]}
visualization_settings:
  column_settings:
    '["name","occurred_at"]': {column_title: Happened (UTC)}
    '["name","severity"]': {column_title: Severity}
    '["name","rule_id"]': {column_title: Rule}
    '["name","verdict"]': {column_title: Verdict}
    '["name","state"]': {column_title: State}
    '["name","tenant_id"]': {column_title: Tenant}
    '["name","agent_name"]': {column_title: Agent}
    '["name","evidence"]': {column_title: Evidence}
    '["name","remediation"]': {column_title: What to do}
    '["name","trace_url"]': {column_title: Trace, view_as: link, link_text: Open}
    '["name","runbook_url"]': {column_title: Runbook, view_as: link, link_text: Open}
*/
select
    occurred_at,
    severity,
    rule_id,
    verdict,
    tenant_id,
    agent_name,
    remediation,
    trace_url,
    state,
    evidence,
    runbook_url
from marts.compliance_exceptions
where state in ('open', 'acknowledged') and {{date}} and {{tenant}} and {{agent}} and {{rule}} and {{jurisdiction}}
order by
    case severity when 'critical' then 1 when 'high' then 2 when 'medium' then 3 else 4 end,
    occurred_at desc nulls last, exception_id
limit 50
