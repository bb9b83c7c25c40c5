/*
name: How much of the revenue do models eat?
description: >-
  Cost of calls as a share of the revenue, of tenant-days of which both are known; null for a tier without
  revenue.
collection: usage
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, unit_economics_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, unit_economics_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, unit_economics_daily, entitlement_tier]}
visualization_settings:
  graph.dimensions: [entitlement_tier]
  graph.metrics: [cost_share]
  column_settings:
    '["name","entitlement_tier"]': {column_title: Tier}
    '["name","cost_share"]': {column_title: Cost of revenue, number_style: percent, decimals: 1}
*/
select
    entitlement_tier,
    sum(cost_usd) filter (where gross_margin_usd is not null)
        / nullif(sum(mrr_usd_per_day) filter (where gross_margin_usd is not null), 0) as cost_share
from marts.unit_economics_daily
where {{date}} and {{tenant}} and {{tier}}
group by entitlement_tier
order by cost_share desc nulls last, entitlement_tier
