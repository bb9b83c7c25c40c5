/*
name: How much is reconciled?
description: >-
  Days, services and models: told by one source only, reconciled, explained, or with tokens that nothing
  explains.
collection: usage
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_reconciliation_daily, usage_date]}
  service: {label: Service, type: string/=, field: [marts, token_reconciliation_daily, service_name]}
  model: {label: Model, type: string/=, field: [marts, token_reconciliation_daily, model]}
visualization_settings:
  graph.dimensions: [outcome]
  graph.metrics: [service_days]
  column_settings:
    '["name","outcome"]': {column_title: Outcome}
    '["name","service_days"]': {column_title: Service-days, number_style: decimal, decimals: 0}
    '["name","residual_tokens"]': {column_title: Difference, decimals: 0, suffix: " tokens"}
*/
select
    case
        when explanation in ('one source', 'reconciled') then explanation
        when unexplained_tokens = 0 then 'explained'
        else 'not explained'
    end as outcome,
    count(*) as service_days,
    sum(abs(residual_tokens)) as residual_tokens
from marts.token_reconciliation_daily
where {{date}} and {{service}} and {{model}}
group by 1
order by service_days desc, outcome
