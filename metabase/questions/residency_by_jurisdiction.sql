/*
name: Where is the data of each jurisdiction processed?
description: >-
  Calls seen, by jurisdiction and region. See beside it which of them the policy did not allow.
collection: compliance
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, data_residency_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, data_residency_daily, tenant_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, data_residency_daily, jurisdiction]}
visualization_settings:
  graph.dimensions: [jurisdiction, region]
  graph.metrics: [requests]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Calls
  column_settings:
    '["name","jurisdiction"]': {column_title: Jurisdiction}
    '["name","region"]': {column_title: Region}
    '["name","requests"]': {column_title: Calls, number_style: decimal, decimals: 0}
*/
select
    jurisdiction,
    region,
    sum(requests) as requests
from marts.data_residency_daily
where {{date}} and {{tenant}} and {{jurisdiction}}
group by jurisdiction, region
order by jurisdiction, region
