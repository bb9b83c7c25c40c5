/*
name: For how many tenant-days is the margin unknown?
description: >-
  Tenant-days whose revenue, or the cost of a single call, is not known; they are in no margin.
collection: usage
display: scalar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, unit_economics_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, unit_economics_daily, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, unit_economics_daily, entitlement_tier]}
visualization_settings:
  column_settings:
    '["name","unknown_tenant_days"]': {column_title: Tenant-days, number_style: decimal, decimals: 0}
*/
select count(distinct (tenant_id, usage_date)) filter (where gross_margin_usd is null) as unknown_tenant_days
from marts.unit_economics_daily
where {{date}} and {{tenant}} and {{tier}}
