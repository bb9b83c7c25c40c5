/*
name: How many have no known amount?
description: Disputes whose amount in US dollars is not known; they are in no sum.
collection: adoption
display: scalar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, billing_disputes, opened_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, billing_disputes, tenant_id]}
visualization_settings:
  column_settings:
    '["name","unknown_amounts"]': {column_title: Unknown amounts, number_style: decimal, decimals: 0}
*/
select count(*) filter (where amount_usd is null) as unknown_amounts
from marts.billing_disputes
where {{date}} and {{tenant}}
