/*
name: How many open ones have no known amount?
description: Open disputes whose amount in US dollars is not known; they are missing from the open amount.
collection: adoption
display: scalar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, billing_disputes, opened_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, billing_disputes, tenant_id]}
visualization_settings:
  column_settings:
    '["name","unknown_amounts"]': {column_title: Unknown amounts, number_style: decimal, decimals: 0}
*/
select count(*) filter (where amount_usd is null and not is_closed) as unknown_amounts
from marts.billing_disputes
where {{date}} and {{tenant}}
