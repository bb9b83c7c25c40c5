/*
name: How long do operations take?
description: >-
  Quantiles of each operation, in milliseconds; an agent run contains its calls, so they are not to be
  added. Computed from summed buckets of one operation, at most 1.1 % off for spans, so every filter is
  right.
collection: reliability
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, latency_histogram_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, latency_histogram_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, latency_histogram_daily, entitlement_tier]}
  agent: {label: Agent, type: string/=, field: [marts, latency_histogram_daily, agent_name]}
  environment: {label: Environment, type: string/=, field: [marts, latency_histogram_daily, environment]}
visualization_settings:
  column_settings:
    '["name","operation_name"]': {column_title: Operation}
    '["name","p50_ms"]': {column_title: Median, decimals: 0, suffix: " ms"}
    '["name","p95_ms"]': {column_title: "95 % within", decimals: 0, suffix: " ms"}
    '["name","p99_ms"]': {column_title: "99 % within", decimals: 0, suffix: " ms"}
    '["name","error_bound"]': {column_title: Off by at most, number_style: percent, decimals: 1}
    '["name","requests"]': {column_title: Operations, number_style: decimal, decimals: 0}
*/
-- Latencies as counts in buckets, the only form that can be added up; why, says docs/latency.md.
with

buckets as (

    select
        operation_name as part,
        bucket_scale,
        bucket_index,
        bucket_lower_ms,
        bucket_upper_ms,
        cast(sum(weight) as decimal(38, 6)) as weight

    from marts.latency_histogram_daily
    where metric_name = 'duration'
        and {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
    group by part, bucket_scale, bucket_index, bucket_lower_ms, bucket_upper_ms

),

{{snippet: latency_quantiles}}

select
    part as operation_name,
    p50_ms,
    p95_ms,
    p99_ms,
    error_bound,
    requests
from quantiles
order by requests desc, operation_name
