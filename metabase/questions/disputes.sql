/*
name: Which disputes are there?
description: >-
  The first 100, open ones on top, then by age. An amount is null for a currency or day without a rate.
collection: adoption
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, billing_disputes, opened_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, billing_disputes, tenant_id]}
visualization_settings:
  column_settings:
    '["name","dispute_id"]': {column_title: Dispute}
    '["name","tenant_id"]': {column_title: Tenant}
    '["name","status"]': {column_title: Status}
    '["name","opened_at"]': {column_title: Opened (UTC)}
    '["name","age_days"]': {column_title: Age, decimals: 0, suffix: " days"}
    '["name","age_band"]': {column_title: Age band}
    '["name","amount"]': {column_title: Amount, decimals: 2}
    '["name","currency"]': {column_title: Currency}
    '["name","amount_usd"]': {column_title: In US dollars, number_style: currency, currency: USD, decimals: 2}
    '["name","reason"]': {column_title: Reason}
    '["name","told_by"]': {column_title: Told by}
*/
select
    dispute_id,
    tenant_id,
    status,
    opened_at,
    age_days,
    age_band,
    amount,
    currency,
    amount_usd,
    reason,
    told_by
from marts.billing_disputes
where {{date}} and {{tenant}}
order by is_closed, age_days desc nulls last, dispute_id
limit 100
