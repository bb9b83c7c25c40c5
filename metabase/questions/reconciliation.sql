/*
name: Where do the sources differ?
description: >-
  The 40 largest differences in tokens, and what explains them. Empty: all that two sources tell agrees.
collection: usage
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_reconciliation_daily, usage_date]}
  service: {label: Service, type: string/=, field: [marts, token_reconciliation_daily, service_name]}
  model: {label: Model, type: string/=, field: [marts, token_reconciliation_daily, model]}
visualization_settings:
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","service_name"]': {column_title: Service}
    '["name","model"]': {column_title: Model}
    '["name","counted_source"]': {column_title: Counted}
    '["name","counted_tokens"]': {column_title: Counted tokens, number_style: decimal, decimals: 0}
    '["name","residual_tokens"]': {column_title: Difference, number_style: decimal, decimals: 0}
    '["name","unexplained_tokens"]': {column_title: Not explained, number_style: decimal, decimals: 0}
    '["name","explanation"]': {column_title: Explanation}
*/
select
    usage_date,
    service_name,
    model,
    counted_source,
    counted_tokens,
    residual_tokens,
    unexplained_tokens,
    explanation
from marts.token_reconciliation_daily
where residual_tokens <> 0 and {{date}} and {{service}} and {{model}}
order by abs(residual_tokens) desc, usage_date desc, service_name, model
limit 40
