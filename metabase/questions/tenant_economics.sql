/*
name: Which tenants earn the least?
description: >-
  The 40 tenants with the lowest margin a day. Revenue, cost and margin are of the days of which both are
  known; a call without a cost makes its day unknown.
collection: usage
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, unit_economics_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, unit_economics_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, unit_economics_daily, entitlement_tier]}
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
    '["name","margin_per_day_usd"]': {column_title: Margin a day, number_style: currency, currency: USD, decimals: 2}
    '["name","revenue_usd"]': {column_title: Revenue, number_style: currency, currency: USD, decimals: 2}
    '["name","cost_usd"]': {column_title: Cost, number_style: currency, currency: USD, decimals: 2}
    '["name","gross_margin_usd"]': {column_title: Margin, number_style: currency, currency: USD, decimals: 2}
    '["name","unknown_days"]': {column_title: Days unknown, number_style: decimal, decimals: 0}
    '["name","uncosted_requests"]': {column_title: Calls without cost, number_style: decimal, decimals: 0}
    '["name","accepted_outcomes"]': {column_title: Accepted, number_style: decimal, decimals: 0}
    '["name","known_outcomes"]': {column_title: Outcomes known, number_style: decimal, decimals: 0}
*/
select
    tenant_id,
    sum(gross_margin_usd)
        / nullif(count(distinct usage_date) filter (where gross_margin_usd is not null), 0) as margin_per_day_usd,
    sum(mrr_usd_per_day) filter (where gross_margin_usd is not null) as revenue_usd,
    sum(cost_usd) filter (where gross_margin_usd is not null) as cost_usd,
    sum(gross_margin_usd) as gross_margin_usd,
    count(distinct usage_date) filter (where gross_margin_usd is null) as unknown_days,
    sum(uncosted_requests) as uncosted_requests,
    sum(accepted_outcomes) as accepted_outcomes,
    sum(known_outcomes) as known_outcomes
from marts.unit_economics_daily
where {{date}} and {{tenant}} and {{tier}}
group by tenant_id
order by margin_per_day_usd nulls last, tenant_id
limit 40
