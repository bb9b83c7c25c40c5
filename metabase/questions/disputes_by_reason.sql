/*
name: Why do customers dispute?
description: US dollars disputed by the reason as told; a dispute without a rate has no amount.
collection: adoption
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, billing_disputes, opened_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, billing_disputes, tenant_id]}
visualization_settings:
  graph.dimensions: [told_reason]
  graph.metrics: [amount_usd]
  column_settings:
    '["name","told_reason"]': {column_title: Reason}
    '["name","amount_usd"]': {column_title: Amount, number_style: currency, currency: USD, decimals: 2}
    '["name","disputes"]': {column_title: Disputes, number_style: decimal, decimals: 0}
*/
select
    coalesce(reason, 'unknown') as told_reason,
    sum(amount_usd) as amount_usd,
    count(*) as disputes
from marts.billing_disputes
where {{date}} and {{tenant}}
group by 1
order by amount_usd desc nulls last, told_reason
