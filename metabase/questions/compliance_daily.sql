/*
name: How much of what was judged is compliant?
description: >-
  Records judged on the newest 60 of the days chosen: compliant, violations, and unknown for want of an
  attribute.
collection: compliance
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, compliance_kpis_daily, kpi_date]}
  rule: {label: Rule, type: string/=, field: [marts, compliance_kpis_daily, rule_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, compliance_kpis_daily, jurisdiction]}
visualization_settings:
  graph.dimensions: [kpi_date]
  graph.metrics: [compliant, violations, undecided]
  stackable.stack_type: normalized
  graph.y_axis.title_text: Share of records
  series_settings: {compliant: {color: "#46a37c"}, violations: {color: "#d2564f"}, undecided: {color: "#98a3af"}}
  column_settings:
    '["name","kpi_date"]': {column_title: Day (UTC)}
    '["name","compliant"]': {column_title: Compliant, number_style: decimal, decimals: 0}
    '["name","violations"]': {column_title: Violations, number_style: decimal, decimals: 0}
    '["name","undecided"]': {column_title: Unknown, number_style: decimal, decimals: 0}
*/
with

days as (

    select
        kpi_date,
        sum(evaluated - violations - "unknown") as compliant,
        sum(violations) as violations,
        sum("unknown") as undecided

    from marts.compliance_kpis_daily
    where evaluated > 0 and {{date}} and {{rule}} and {{jurisdiction}}
    group by kpi_date

)

select *
from days
where kpi_date > (select max(kpi_date) from days) - 60
order by kpi_date
