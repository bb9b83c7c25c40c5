/*
name: When do exceptions happen?
description: "Exceptions of any state by the day on which they happened, by severity."
collection: compliance
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, compliance_exceptions, occurred_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, compliance_exceptions, tenant_id]}
  agent: {label: Agent, type: string/=, field: [marts, compliance_exceptions, agent_name]}
  rule: {label: Rule, type: string/=, field: [marts, compliance_exceptions, rule_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, compliance_exceptions, jurisdiction]}
visualization_settings:
  graph.dimensions: [occurred_on, severity]
  graph.metrics: [exceptions]
  series_settings: {critical: {color: "#8e2a3c"}, high: {color: "#d2564f"}, medium: {color: "#dda032"}, low: {color: "#98a3af"}}
  stackable.stack_type: stacked
  graph.y_axis.title_text: Exceptions a day
  column_settings:
    '["name","occurred_on"]': {column_title: Day (UTC)}
    '["name","severity"]': {column_title: Severity}
    '["name","exceptions"]': {column_title: Exceptions, number_style: decimal, decimals: 0}
*/
select
    cast(occurred_at as date) as occurred_on,
    severity,
    count(*) as exceptions
from marts.compliance_exceptions
where occurred_at is not null and {{date}} and {{tenant}} and {{agent}} and {{rule}} and {{jurisdiction}}
group by 1, severity
order by 1, severity
