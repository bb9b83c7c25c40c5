/*
name: When do connectors fail?
description: "Share of calls a day that did not succeed in the end, denied ones included."
collection: reliability
display: line
parameters:
  date: {label: Date, type: date/all-options, field: [marts, connector_performance_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, connector_performance_daily, tenant_id]}
  connector: {label: Connector, type: string/=, field: [marts, connector_performance_daily, connector_name]}
  environment: {label: Environment, type: string/=, field: [marts, connector_performance_daily, environment]}
visualization_settings:
  graph.dimensions: [usage_date, connector_name]
  graph.metrics: [failed_share]
  graph.y_axis.title_text: Share of calls
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","connector_name"]': {column_title: Connector}
    '["name","failed_share"]': {column_title: Failed, number_style: percent, decimals: 1}
*/
select
    usage_date,
    connector_name,
    sum(failed_calls) / nullif(sum(calls), 0) as failed_share
from marts.connector_performance_daily
where {{date}} and {{tenant}} and {{connector}} and {{environment}}
group by usage_date, connector_name
order by usage_date, connector_name
