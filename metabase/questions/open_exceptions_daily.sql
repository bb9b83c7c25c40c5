/*
name: Does the backlog grow?
description: "Exceptions open or acknowledged when each day ended, by rule."
collection: compliance
display: area
parameters:
  date: {label: Date, type: date/all-options, field: [marts, compliance_kpis_daily, kpi_date]}
  rule: {label: Rule, type: string/=, field: [marts, compliance_kpis_daily, rule_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, compliance_kpis_daily, jurisdiction]}
visualization_settings:
  graph.dimensions: [kpi_date, rule_id]
  graph.metrics: [open_exceptions]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Open exceptions
  column_settings:
    '["name","kpi_date"]': {column_title: Day (UTC)}
    '["name","rule_id"]': {column_title: Rule}
    '["name","open_exceptions"]': {column_title: Open, number_style: decimal, decimals: 0}
*/
select
    kpi_date,
    rule_id,
    sum(open_exceptions) as open_exceptions
from marts.compliance_kpis_daily
where {{date}} and {{rule}} and {{jurisdiction}}
group by kpi_date, rule_id
having sum(open_exceptions) > 0
order by kpi_date, rule_id
