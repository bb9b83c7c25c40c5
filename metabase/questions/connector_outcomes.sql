/*
name: How do calls of each connector end?
description: >-
  Calls, weighted by sampling; retries count with the call that they repeat. Denied: a policy refused it.
collection: reliability
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, connector_performance_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, connector_performance_daily, tenant_id]}
  connector: {label: Connector, type: string/=, field: [marts, connector_performance_daily, connector_name]}
  environment: {label: Environment, type: string/=, field: [marts, connector_performance_daily, environment]}
visualization_settings:
  graph.dimensions: [connector_name]
  graph.metrics: [succeeded, failed, denied]
  stackable.stack_type: stacked
  series_settings: {succeeded: {color: "#46a37c"}, failed: {color: "#d2564f"}, denied: {color: "#dda032"}}
  column_settings:
    '["name","connector_name"]': {column_title: Connector}
    '["name","succeeded"]': {column_title: Succeeded, number_style: decimal, decimals: 0}
    '["name","failed"]': {column_title: Failed, number_style: decimal, decimals: 0}
    '["name","denied"]': {column_title: Denied, number_style: decimal, decimals: 0}
*/
select
    connector_name,
    sum(calls - failed_calls) as succeeded,
    sum(failed_calls - policy_denials) as failed,
    sum(policy_denials) as denied
from marts.connector_performance_daily
where {{date}} and {{tenant}} and {{connector}} and {{environment}}
group by connector_name
order by sum(calls) desc, connector_name
