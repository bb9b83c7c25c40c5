/*
name: Which regions hold what?
description: >-
  By jurisdiction and region: what was processed and stored, and whether the policy allowed it.
collection: compliance
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, data_residency_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, data_residency_daily, tenant_id]}
  jurisdiction: {label: Jurisdiction, type: string/=, field: [marts, data_residency_daily, jurisdiction]}
visualization_settings:
  column_settings:
    '["name","jurisdiction"]': {column_title: Jurisdiction}
    '["name","region"]': {column_title: Region}
    '["name","requests"]': {column_title: Calls, number_style: decimal, decimals: 0}
    '["name","allowed"]': {column_title: Allowed, number_style: decimal, decimals: 0}
    '["name","violations"]': {column_title: Not allowed, number_style: decimal, decimals: 0}
    '["name","undecided"]': {column_title: Unknown, number_style: decimal, decimals: 0}
    '["name","stored"]': {column_title: Stored, number_style: decimal, decimals: 0}
    '["name","storage_violations"]': {column_title: "Stored, not allowed", number_style: decimal, decimals: 0}
    '["name","storage_undecided"]': {column_title: "Stored, unknown", number_style: decimal, decimals: 0}
*/
select
    jurisdiction,
    region,
    sum(requests) as requests,
    sum(allowed) as allowed,
    sum(violations) as violations,
    sum("unknown") as undecided,
    sum(stored) as stored,
    sum(storage_violations) as storage_violations,
    sum(storage_unknown) as storage_undecided
from marts.data_residency_daily
where {{date}} and {{tenant}} and {{jurisdiction}}
group by jurisdiction, region
order by violations desc, jurisdiction, region
