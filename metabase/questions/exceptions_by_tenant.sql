/*
name: Which tenants are concerned?
description: The 15 tenants with the most open exceptions.
collection: compliance
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, compliance_exceptions, occurred_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, compliance_exceptions, tenant_id]}
  agent: {label: Agent, type: string/=, field: [marts, compliance_exceptions, agent_name]}
  rule: {label: Rule, type: string/=, field: [marts, compliance_exceptions, rule_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, compliance_exceptions, jurisdiction]}
visualization_settings:
  graph.dimensions: [tenant_id]
  graph.metrics: [violations, undecided]
  stackable.stack_type: stacked
  series_settings: {violations: {color: "#d2564f"}, undecided: {color: "#98a3af"}}
  column_settings:
    '["name","tenant_id"]': {column_title: Tenant}
    '["name","violations"]': {column_title: Violations, number_style: decimal, decimals: 0}
    '["name","undecided"]': {column_title: Unknown, number_style: decimal, decimals: 0}
*/
select
    tenant_id,
    count(*) filter (where verdict = 'violation') as violations,
    count(*) filter (where verdict = 'unknown') as undecided
from marts.compliance_exceptions
where state in ('open', 'acknowledged') and {{date}} and {{tenant}} and {{agent}} and {{rule}} and {{jurisdiction}}
group by tenant_id
order by count(*) desc, tenant_id
limit 15
