/*
name: How soon does a streamed answer begin?
description: >-
  Milliseconds to the first token, for half and for 95 % of the streamed answers of a day. Computed from
  summed buckets, at most 1.1 % off for spans, so every filter is right.
collection: reliability
display: line
parameters:
  date: {label: Date, type: date/all-options, field: [marts, latency_histogram_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, latency_histogram_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, latency_histogram_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, latency_histogram_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, latency_histogram_daily, environment]}
visualization_settings:
  graph.dimensions: [usage_date]
  graph.metrics: [p50_ms, p95_ms]
  graph.y_axis.title_text: Milliseconds
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","p50_ms"]': {column_title: Median, decimals: 0, suffix: " ms"}
    '["name","p95_ms"]': {column_title: "95 % within", decimals: 0, suffix: " ms"}
    '["name","requests"]': {column_title: Operations, number_style: decimal, decimals: 0}
*/
-- Latencies as counts in buckets, the only form that can be added up; why, says docs/latency.md.
with

buckets as (

    select
        usage_date as part,
        bucket_scale,
        bucket_index,
        bucket_lower_ms,
        bucket_upper_ms,
        cast(sum(weight) as decimal(38, 6)) as weight

    from marts.latency_histogram_daily
    where metric_name = 'time_to_first_token'
        and {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
    group by part, bucket_scale, bucket_index, bucket_lower_ms, bucket_upper_ms

),

{{snippet: latency_quantiles}}

select
    part as usage_date,
    p50_ms,
    p95_ms,
    requests
from quantiles
order by usage_date
