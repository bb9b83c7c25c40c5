/*
name: Are the latency targets kept?
description: >-
  Share of operations with a target for their duration that did not fail and kept it; those of metrics
  with a bucket around the target are left out.
collection: reliability
display: line
parameters:
  date: {label: Date, type: date/all-options, field: [marts, latency_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, latency_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, latency_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, latency_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, latency_daily, environment]}
  operation: {label: Operation, type: string/=, field: [marts, latency_daily, operation_name], default: [chat]}
visualization_settings:
  graph.dimensions: [usage_date]
  graph.metrics: [good_share]
  graph.y_axis.title_text: Share within target
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","good_share"]': {column_title: Within target, number_style: percent, decimals: 1}
*/
select
    usage_date,
    sum(slo_good_requests) / nullif(sum(requests) filter (where slo_good_requests is not null), 0) as good_share
from marts.latency_daily
where metric_name = 'duration'
    and slo_target_ms is not null
    and {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}} and {{operation}}
group by usage_date
order by usage_date
