/*
name: How many are severe?
description: "Open exceptions of severity high or critical, violations and unknown ones."
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
    '["name","open_severe"]': {column_title: How many are severe, number_style: decimal, decimals: 0}
*/
select count(*) filter (where severity in ('high', 'critical') and state in ('open', 'acknowledged')) as open_severe
from marts.compliance_exceptions
where {{date}} and {{tenant}} and {{agent}} and {{rule}} and {{jurisdiction}}
