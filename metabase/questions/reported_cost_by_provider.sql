/*
name: Do reported and computed cost agree?
description: >-
  US dollars that instrumentation reported, beside the cost by our prices: of all calls, and of the days,
  agents and models of which some calls reported one; per provider.
collection: usage
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_usage_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, token_usage_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, token_usage_daily, entitlement_tier]}
visualization_settings:
  column_settings:
    '["name","provider_name"]': {column_title: Provider}
    '["name","cost_usd"]': {column_title: Cost, number_style: currency, currency: USD, decimals: 2}
    '["name","reported_cost_usd"]': {column_title: Reported, number_style: currency, currency: USD, decimals: 2}
    '["name","cost_where_reported_usd"]': {column_title: Cost where reported, number_style: currency, currency: USD, decimals: 2}
    '["name","unpriced_requests"]': {column_title: Calls without a price, number_style: decimal, decimals: 0}
*/
select
    provider_name,
    sum(cost_usd) as cost_usd,
    sum(reported_cost_usd) as reported_cost_usd,
    sum(cost_usd) filter (where reported_cost_usd is not null) as cost_where_reported_usd,
    sum(unpriced_requests) as unpriced_requests
from marts.token_usage_daily
where {{date}} and {{tenant}} and {{tier}}
group by provider_name
order by cost_usd desc nulls last, provider_name
