/*
name: Which tenants have trouble with a connector?
description: >-
  The 40 tenants and connectors with the largest share of failed calls; of at least 20 calls.
collection: reliability
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, connector_performance_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, connector_performance_daily, tenant_id]}
  connector: {label: Connector, type: string/=, field: [marts, connector_performance_daily, connector_name]}
  environment: {label: Environment, type: string/=, field: [marts, connector_performance_daily, environment]}
visualization_settings:
  column_settings:
    '["name","tenant_id"]':
      column_title: Tenant
      click_behavior:
        type: link
        linkType: dashboard
        targetId: token_usage_and_cost
        parameterMapping:
          tenant: {source: {type: column, id: tenant_id, name: tenant_id}, target: {type: parameter, id: tenant}, id: tenant}
    '["name","connector_name"]': {column_title: Connector}
    '["name","calls"]': {column_title: Calls, number_style: decimal, decimals: 0}
    '["name","observed_calls"]': {column_title: Calls seen, number_style: decimal, decimals: 0}
    '["name","failed_share"]': {column_title: Failed, number_style: percent, decimals: 1}
    '["name","policy_denials"]': {column_title: Denied, number_style: decimal, decimals: 0}
    '["name","worst_p99_ms"]': {column_title: "99 % within, worst day", decimals: 0, suffix: " ms"}
*/
select
    tenant_id,
    connector_name,
    sum(calls) as calls,
    sum(observed_calls) as observed_calls,
    sum(failed_calls) / nullif(sum(calls), 0) as failed_share,
    sum(policy_denials) as policy_denials,
    max(p99_ms) as worst_p99_ms
from marts.connector_performance_daily
where {{date}} and {{tenant}} and {{connector}} and {{environment}}
group by tenant_id, connector_name
having sum(observed_calls) >= 20
order by failed_share desc, tenant_id, connector_name
limit 40
