/*
name: How many cannot be decided?
description: >-
  Open exceptions for want of the attribute that would decide. They are never counted as compliant.
collection: compliance
display: scalar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, compliance_exceptions, occurred_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, compliance_exceptions, tenant_id]}
  agent: {label: Agent, type: string/=, field: [marts, compliance_exceptions, agent_name]}
  rule: {label: Rule, type: string/=, field: [marts, compliance_exceptions, rule_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, compliance_exceptions, jurisdiction]}
visualization_settings:
  column_settings:
    '["name","open_unknown"]': {column_title: How many cannot be decided, number_style: decimal, decimals: 0}
*/
select count(*) filter (where verdict = 'unknown' and state in ('open', 'acknowledged')) as open_unknown
from marts.compliance_exceptions
where {{date}} and {{tenant}} and {{agent}} and {{rule}} and {{jurisdiction}}
