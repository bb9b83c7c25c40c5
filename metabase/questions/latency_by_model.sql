/*
name: Which models are slow?
description: >-
  Median and 95 % quantile by the model that answered, in milliseconds. Computed from summed buckets of
  one operation, at most 1.1 % off for spans, so every filter is right.
collection: reliability
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, latency_histogram_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, latency_histogram_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, latency_histogram_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, latency_histogram_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, latency_histogram_daily, environment]}
  operation: {label: Operation, type: string/=, field: [marts, latency_histogram_daily, operation_name], default: [chat]}
visualization_settings:
  graph.dimensions: [model]
  graph.metrics: [p95_ms, p50_ms]
  column_settings:
    '["name","model"]': {column_title: Model}
    '["name","p50_ms"]': {column_title: Median, decimals: 0, suffix: " ms"}
    '["name","p95_ms"]': {column_title: "95 % within", decimals: 0, suffix: " ms"}
    '["name","requests"]': {column_title: Operations, number_style: decimal, decimals: 0}
*/
-- Latencies as counts in buckets, the only form that can be added up; why, says docs/latency.md.
with

buckets as (

    select
        model as part,
        bucket_scale,
        bucket_index,
        bucket_lower_ms,
        bucket_upper_ms,
        cast(sum(weight) as decimal(38, 6)) as weight

    from marts.latency_histogram_daily
    where metric_name = 'duration'
        and {{date}} and {{tenant}} and {{tier}} and {{agent}}
        and {{environment}} and {{operation}}
    group by part, bucket_scale, bucket_index, bucket_lower_ms, bucket_upper_ms

),

{{snippet: latency_quantiles}}

select
    part as model,
    p50_ms,
    p95_ms,
    requests
from quantiles
order by p95_ms desc, model
