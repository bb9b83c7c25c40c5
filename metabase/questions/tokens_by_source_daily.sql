/*
name: "Do spans, logs, metrics and bills agree?"
description: >-
  Tokens a day as each source tells them, of the days, services and models that more than one source tells
  of; a source that tells nothing that day has no point.
collection: usage
display: line
parameters:
  date: {label: Date, type: date/all-options, field: [marts, token_reconciliation_daily, usage_date]}
  service: {label: Service, type: string/=, field: [marts, token_reconciliation_daily, service_name]}
  model: {label: Model, type: string/=, field: [marts, token_reconciliation_daily, model]}
visualization_settings:
  graph.dimensions: [usage_date]
  graph.metrics: [span_tokens, log_tokens, metric_tokens, billing_tokens]
  graph.y_axis.title_text: Tokens a day
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","span_tokens"]': {column_title: Spans, number_style: decimal, decimals: 0}
    '["name","log_tokens"]': {column_title: Log events, number_style: decimal, decimals: 0}
    '["name","metric_tokens"]': {column_title: Metrics, number_style: decimal, decimals: 0}
    '["name","billing_tokens"]': {column_title: Bills, number_style: decimal, decimals: 0}
*/
select
    usage_date,
    sum(span_tokens) as span_tokens,
    sum(log_tokens) as log_tokens,
    sum(metric_tokens) as metric_tokens,
    sum(billing_tokens) as billing_tokens
from marts.token_reconciliation_daily
where residual_tokens is not null and {{date}} and {{service}} and {{model}}
group by usage_date
order by usage_date
