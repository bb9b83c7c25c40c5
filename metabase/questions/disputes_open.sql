/*
name: How many disputes are open?
description: Disputes in which something is still to be done.
collection: adoption
display: scalar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, billing_disputes, opened_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, billing_disputes, tenant_id]}
visualization_settings:
  column_settings:
    '["name","open_disputes"]': {column_title: Open disputes, number_style: decimal, decimals: 0}
*/
select count(*) filter (where not is_closed) as open_disputes
from marts.billing_disputes
where {{date}} and {{tenant}}
