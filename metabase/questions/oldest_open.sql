/*
name: How long does the oldest wait?
description: Age in days of the oldest open exception of each rule on the newest day.
collection: compliance
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, compliance_kpis_daily, kpi_date]}
  rule: {label: Rule, type: string/=, field: [marts, compliance_kpis_daily, rule_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, compliance_kpis_daily, jurisdiction]}
visualization_settings:
  graph.dimensions: [rule_id]
  graph.metrics: [oldest_open_days]
  column_settings:
    '["name","rule_id"]': {column_title: Rule}
    '["name","oldest_open_days"]': {column_title: Oldest, decimals: 0, suffix: " days"}
*/
-- The newest day of all rules: one that is settled has no row on it, and its last one is not of now.
select
    rule_id,
    max(oldest_open_days) as oldest_open_days
from marts.compliance_kpis_daily
where kpi_date = (select max(kpi_date) from marts.compliance_kpis_daily where {{date}})
    and oldest_open_days is not null
    and {{rule}} and {{jurisdiction}}
group by rule_id
order by oldest_open_days desc, rule_id
