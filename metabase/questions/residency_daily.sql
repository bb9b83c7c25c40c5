/*
name: Was data processed or stored where it may not be?
description: "Calls and writes a day that the policy did not allow, or of which nobody can tell."
collection: compliance
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, data_residency_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, data_residency_daily, tenant_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, data_residency_daily, jurisdiction]}
visualization_settings:
  graph.dimensions: [usage_date]
  graph.metrics: [processed_outside, stored_outside, undecided]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Calls and writes
  series_settings: {processed_outside: {color: "#d2564f"}, stored_outside: {color: "#dda032"}, undecided: {color: "#98a3af"}}
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","processed_outside"]': {column_title: Processed elsewhere, number_style: decimal, decimals: 0}
    '["name","stored_outside"]': {column_title: Stored elsewhere, number_style: decimal, decimals: 0}
    '["name","undecided"]': {column_title: Unknown, number_style: decimal, decimals: 0}
*/
select
    usage_date,
    sum(violations) as processed_outside,
    sum(storage_violations) as stored_outside,
    sum("unknown" + storage_unknown) as undecided
from marts.data_residency_daily
where {{date}} and {{tenant}} and {{jurisdiction}}
group by usage_date
order by usage_date
