/*
name: How did each month start and end?
description: >-
  Start and new and expansion and reactivation, less contraction and churn, is end. US dollars a month.
  A month is shown when its first day is among the days chosen.
collection: adoption
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, mrr_movements_monthly, month]}
visualization_settings:
  column_settings:
    '["name","month"]': {column_title: Month}
    '["name","start_mrr_usd"]': {column_title: Start, number_style: currency, currency: USD, decimals: 2}
    '["name","new_mrr_usd"]': {column_title: New, number_style: currency, currency: USD, decimals: 2}
    '["name","expansion_mrr_usd"]': {column_title: Expansion, number_style: currency, currency: USD, decimals: 2}
    '["name","reactivation_mrr_usd"]': {column_title: Reactivation, number_style: currency, currency: USD, decimals: 2}
    '["name","contraction_mrr_usd"]': {column_title: Contraction, number_style: currency, currency: USD, decimals: 2}
    '["name","churn_mrr_usd"]': {column_title: Churn, number_style: currency, currency: USD, decimals: 2}
    '["name","end_mrr_usd"]': {column_title: End, number_style: currency, currency: USD, decimals: 2}
    '["name","paying_tenants"]': {column_title: Paying tenants, number_style: decimal, decimals: 0}
*/
select
    month,
    start_mrr_usd,
    new_mrr_usd,
    expansion_mrr_usd,
    reactivation_mrr_usd,
    contraction_mrr_usd,
    churn_mrr_usd,
    end_mrr_usd,
    paying_tenants
from marts.mrr_movements_monthly
where {{date}}
order by month desc
