/*
name: What share of calls fails?
description: "Weighted calls that ended in an error, of all calls of the day."
collection: reliability
display: line
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_usage_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, token_usage_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, token_usage_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, token_usage_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, token_usage_daily, environment]}
visualization_settings:
  graph.dimensions: [usage_date]
  graph.metrics: [failed_share]
  graph.y_axis.title_text: Share of calls
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","failed_share"]': {column_title: Failed, number_style: percent, decimals: 1}
*/
select
    usage_date,
    sum(failed_requests) / nullif(sum(requests), 0) as failed_share
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
group by usage_date
order by usage_date
