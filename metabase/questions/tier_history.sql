/*
name: Which tenants changed their tier?
description: "The newest 40 changes, with the recurring revenue that followed; null is unknown."
collection: adoption
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, tenant_tier_history, valid_from]}
  tenant: {label: Tenant, type: string/=, field: [marts, tenant_tier_history, tenant_id]}
  tier: {label: Tier, type: string/=, field: [marts, tenant_tier_history, entitlement_tier]}
visualization_settings:
  column_settings:
    '["name","valid_from"]': {column_title: Since (UTC)}
    '["name","tenant_id"]': {column_title: Tenant}
    '["name","movement"]': {column_title: Movement}
    '["name","entitlement_tier"]': {column_title: Tier}
    '["name","mrr_usd"]': {column_title: Revenue a month, number_style: currency, currency: USD, decimals: 2}
    '["name","has_disagreement"]': {column_title: Snapshots disagree}
*/
select
    valid_from,
    tenant_id,
    movement,
    entitlement_tier,
    mrr_usd,
    has_disagreement
from marts.tenant_tier_history
where movement <> 'new' and {{date}} and {{tenant}} and {{tier}}
order by valid_from desc, tenant_id
limit 40
