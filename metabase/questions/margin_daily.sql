/*
name: Do we earn more than the models cost?
description: US dollars a day of the tenants of which both revenue and cost are known.
collection: usage
display: combo
parameters:
  date: {label: Date, type: date/all-options, field: [marts, unit_economics_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, unit_economics_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, unit_economics_daily, entitlement_tier]}
visualization_settings:
  graph.dimensions: [usage_date]
  graph.metrics: [revenue_usd, cost_usd, gross_margin_usd]
  series_settings: {revenue_usd: {display: bar}, cost_usd: {display: bar}, gross_margin_usd: {display: line}}
  graph.y_axis.title_text: US dollars a day
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","revenue_usd"]': {column_title: Revenue, number_style: currency, currency: USD, decimals: 2}
    '["name","cost_usd"]': {column_title: Cost, number_style: currency, currency: USD, decimals: 2}
    '["name","gross_margin_usd"]': {column_title: Margin, number_style: currency, currency: USD, decimals: 2}
*/
select
    usage_date,
    sum(mrr_usd_per_day) filter (where gross_margin_usd is not null) as revenue_usd,
    sum(cost_usd) filter (where gross_margin_usd is not null) as cost_usd,
    sum(gross_margin_usd) as gross_margin_usd
from marts.unit_economics_daily
where {{date}} and {{tenant}} and {{tier}}
group by usage_date
order by usage_date
