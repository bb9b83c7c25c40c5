/*
name: What is the gross margin?
description: >-
  US dollars: revenue less cost of the tenants and days of which both are known.
collection: usage
display: scalar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, unit_economics_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, unit_economics_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, unit_economics_daily, entitlement_tier]}
visualization_settings:
  column_settings:
    '["name","gross_margin_usd"]': {column_title: Gross margin, number_style: currency, currency: USD, decimals: 0}
*/
select sum(gross_margin_usd) as gross_margin_usd
from marts.unit_economics_daily
where {{date}} and {{tenant}} and {{tier}}
