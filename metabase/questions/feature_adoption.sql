/*
name: Which features are used by those who have them?
description: >-
  Share of tenant-days with a feature or connector enabled on which it was used; days of unknown use are
  left out.
collection: adoption
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, feature_adoption_daily, usage_date]}
  tier: {label: Tier, type: string/=, field: [marts, feature_adoption_daily, entitlement_tier]}
visualization_settings:
  graph.dimensions: [name_and_kind]
  graph.metrics: [adoption_rate]
  column_settings:
    '["name","name_and_kind"]': {column_title: Feature or connector}
    '["name","adoption_rate"]': {column_title: Used, number_style: percent, decimals: 1}
    '["name","enabled_unknown_tenant_days"]': {column_title: Tenant-days not known, number_style: decimal, decimals: 0}
*/
select
    name || ' (' || kind || ')' as name_and_kind,
    cast(sum(adopting_tenants) as double precision)
        / nullif(sum(enabled_tenants - use_unknown_tenants), 0) as adoption_rate,
    sum(enabled_unknown_tenants) as enabled_unknown_tenant_days
from marts.feature_adoption_daily
where {{date}} and {{tier}}
group by name, kind
order by adoption_rate desc nulls last, name_and_kind
