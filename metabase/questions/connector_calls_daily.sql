/*
name: How much is each connector used?
description: "Calls a day, weighted by sampling."
collection: reliability
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, connector_performance_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, connector_performance_daily, tenant_id]}
  connector: {label: Connector, type: string/=, field: [marts, connector_performance_daily, connector_name]}
  environment: {label: Environment, type: string/=, field: [marts, connector_performance_daily, environment]}
visualization_settings:
  graph.dimensions: [usage_date, connector_name]
  graph.metrics: [calls]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Calls a day
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","connector_name"]': {column_title: Connector}
    '["name","calls"]': {column_title: Calls, number_style: decimal, decimals: 0}
*/
select
    usage_date,
    connector_name,
    sum(calls) as calls
from marts.connector_performance_daily
where {{date}} and {{tenant}} and {{connector}} and {{environment}}
group by usage_date, connector_name
order by usage_date, connector_name
