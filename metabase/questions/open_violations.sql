/*
name: How many violations are open?
description: Exceptions that broke a rule and are open or acknowledged.
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
    '["name","open_violations"]': {column_title: How many violations are open, number_style: decimal, decimals: 0}
*/
select count(*) filter (where verdict = 'violation' and state in ('open', 'acknowledged')) as open_violations
from marts.compliance_exceptions
where {{date}} and {{tenant}} and {{agent}} and {{rule}} and {{jurisdiction}}
