/*
name: How much is disputed?
description: >-
  US dollars of open disputes at the rate of the day of opening; those without a rate are counted beside.
collection: adoption
display: scalar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, billing_disputes, opened_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, billing_disputes, tenant_id]}
visualization_settings:
  column_settings:
    '["name","open_amount_usd"]': {column_title: Open amount, number_style: currency, currency: USD, decimals: 2}
*/
select sum(amount_usd) filter (where not is_closed) as open_amount_usd
from marts.billing_disputes
where {{date}} and {{tenant}}
