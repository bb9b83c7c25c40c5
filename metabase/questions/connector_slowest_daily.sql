/*
name: How slow was the slowest tenant?
description: >-
  The highest 95 % quantile that any tenant and environment had that day, in milliseconds. Quantiles of
  several rows cannot be averaged.
collection: reliability
display: line
parameters:
  date: {label: Date, type: date/all-options, field: [marts, connector_performance_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, connector_performance_daily, tenant_id]}
  connector: {label: Connector, type: string/=, field: [marts, connector_performance_daily, connector_name]}
  environment: {label: Environment, type: string/=, field: [marts, connector_performance_daily, environment]}
visualization_settings:
  graph.dimensions: [usage_date, connector_name]
  graph.metrics: [worst_p95_ms]
  graph.y_axis.title_text: Milliseconds
  graph.y_axis.scale: log
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","connector_name"]': {column_title: Connector}
    '["name","worst_p95_ms"]': {column_title: "95 % within, slowest tenant", decimals: 0, suffix: " ms"}
*/
select
    usage_date,
    connector_name,
    max(p95_ms) as worst_p95_ms
from marts.connector_performance_daily
where {{date}} and {{tenant}} and {{connector}} and {{environment}}
group by usage_date, connector_name
order by usage_date, connector_name
