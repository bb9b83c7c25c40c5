/*
name: How many tenants stay?
description: >-
  Share of the tenants of a month that were active in a later one. Running months, and months before the
  first snapshot, are unknown. A cohort is shown when the first day of its month is among the days chosen.
collection: adoption
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, tenant_retention_cohorts, cohort_month]}
visualization_settings:
  column_settings:
    '["name","cohort_month"]': {column_title: Came in}
    '["name","months_since"]': {column_title: Months since}
    '["name","cohort_tenants"]': {column_title: Tenants, number_style: decimal, decimals: 0}
    '["name","active_tenants"]': {column_title: Active, number_style: decimal, decimals: 0}
    '["name","retention_rate"]': {column_title: Stayed, number_style: percent, decimals: 1}
*/
select
    cohort_month,
    months_since,
    cohort_tenants,
    active_tenants,
    retention_rate
from marts.tenant_retention_cohorts
where {{date}}
order by cohort_month, months_since
