/*
name: How often is each rule broken?
description: >-
  Share of the judged records that broke the rule, and that could not be decided; compliant is the rest.
collection: compliance
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, compliance_kpis_daily, kpi_date]}
  rule: {label: Rule, type: string/=, field: [marts, compliance_kpis_daily, rule_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, compliance_kpis_daily, jurisdiction]}
visualization_settings:
  column_settings:
    '["name","rule_id"]': {column_title: Rule}
    '["name","evaluated"]': {column_title: Judged, number_style: decimal, decimals: 0}
    '["name","violations"]': {column_title: Violations, number_style: decimal, decimals: 0}
    '["name","undecided"]': {column_title: Unknown, number_style: decimal, decimals: 0}
    '["name","violation_share"]': {column_title: Broken, number_style: percent, decimals: 1}
    '["name","undecided_share"]': {column_title: Undecided, number_style: percent, decimals: 1}
*/
select
    rule_id,
    sum(evaluated) as evaluated,
    sum(violations) as violations,
    sum("unknown") as undecided,
    cast(sum(violations) as double precision) / nullif(sum(evaluated), 0) as violation_share,
    cast(sum("unknown") as double precision) / nullif(sum(evaluated), 0) as undecided_share
from marts.compliance_kpis_daily
where {{date}} and {{rule}} and {{jurisdiction}}
group by rule_id
order by violation_share desc nulls last, rule_id
