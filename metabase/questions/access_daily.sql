/*
name: How often do agents reach for data?
description: "Accesses a day as seen, to the vault and to connectors."
collection: compliance
display: area
parameters:
  date: {label: Date, type: date/all-options, field: [marts, access_patterns_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, access_patterns_daily, tenant_id]}
  agent: {label: Agent, type: string/=, field: [marts, access_patterns_daily, agent_name]}
visualization_settings:
  graph.dimensions: [usage_date, resource_kind]
  graph.metrics: [accesses]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Accesses a day
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","resource_kind"]': {column_title: Resource}
    '["name","accesses"]': {column_title: Accesses, number_style: decimal, decimals: 0}
*/
select
    usage_date,
    resource_kind,
    sum(accesses) as accesses
from marts.access_patterns_daily
where {{date}} and {{tenant}} and {{agent}}
group by usage_date, resource_kind
order by usage_date, resource_kind
