/*
name: How are latencies spread?
description: "Operations by latency, in steps of the powers of two; weighted by sampling."
collection: reliability
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, latency_histogram_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, latency_histogram_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, latency_histogram_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, latency_histogram_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, latency_histogram_daily, environment]}
  operation: {label: Operation, type: string/=, field: [marts, latency_histogram_daily, operation_name], default: [chat]}
visualization_settings:
  graph.dimensions: [from_ms]
  graph.metrics: [requests]
  graph.x_axis.scale: ordinal
  graph.x_axis.title_text: "Milliseconds, from"
  graph.y_axis.title_text: Operations
  column_settings:
    '["name","from_ms"]': {column_title: From, decimals: 0, suffix: " ms"}
    '["name","requests"]': {column_title: Operations, number_style: decimal, decimals: 0}
*/
select
    case
        when bucket_lower_ms > 0
            then cast(power(2, floor(ln(bucket_lower_ms) / ln(cast(2 as double precision)) + 0.000001)) as bigint)
        else 0
    end as from_ms,
    sum(weight) as requests
from marts.latency_histogram_daily
where metric_name = 'duration'
    and {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}} and {{operation}}
group by 1
order by 1
