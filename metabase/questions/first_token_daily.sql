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
        usage_date,
        bucket_scale,
        bucket_index,
        bucket_lower_ms,
        bucket_upper_ms,
        cast(sum(weight) as decimal(38, 6)) as weight

    from marts.latency_histogram_daily
    where metric_name = 'time_to_first_token'
        and {{date}} and {{tenant}} and {{tier}} and {{agent}} and {{environment}}
    group by usage_date, bucket_scale, bucket_index, bucket_lower_ms, bucket_upper_ms

),

-- Buckets of two scales meet at the coarser one; what one of zero covers is zero.
scaled as (

    select
        buckets.*,
        min(bucket_scale) over (partition by usage_date) as coarsest_scale,
        coalesce(
            max(case when bucket_index = -2147483648 then bucket_upper_ms end) over (partition by usage_date), 0
        ) as widest_zero_ms

    from buckets

),

merged as (

    select
        usage_date,
        weight,
        power(2, power(2, -coarsest_scale)) as factor,
        case
            when bucket_index = -2147483648 or bucket_lower_ms < widest_zero_ms then cast(0 as double precision)
            else bucket_lower_ms * power(
                2,
                floor(bucket_index / power(2, bucket_scale - coarsest_scale)) / power(2, coarsest_scale)
                - bucket_index / power(2, bucket_scale)
            )
        end as lower_ms

    from scaled

),

ranked as (

    select
        usage_date,
        weight,
        lower_ms * 2 * factor / (1 + factor) as middle_ms,
        sum(weight) over (partition by usage_date order by lower_ms) as reached_weight,
        sum(weight) over (partition by usage_date) as total_weight

    from merged

)

select
    usage_date,
    min(middle_ms) filter (where reached_weight >= 0.5 * total_weight) as p50_ms,
    min(middle_ms) filter (where reached_weight >= 0.95 * total_weight) as p95_ms,
    sum(weight) as requests
from ranked
group by usage_date
order by usage_date
