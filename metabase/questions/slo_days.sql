/*
name: What happened to each objective day by day?
description: "The newest 60 days and objectives, with what was seen and what nobody could judge."
collection: reliability
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, slo_daily, usage_date]}
  environment: {label: Environment, type: string/=, field: [marts, slo_daily, environment]}
visualization_settings:
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","slo_name"]': {column_title: Objective}
    '["name","environment"]': {column_title: Environment}
    '["name","observed_good"]': {column_title: "Good, seen", number_style: decimal, decimals: 0}
    '["name","observed_total"]': {column_title: "All, seen", number_style: decimal, decimals: 0}
    '["name","unknown_events"]': {column_title: Not judged, number_style: decimal, decimals: 0}
    '["name","sli"]': {column_title: Good, number_style: percent, decimals: 1}
    '["name","target"]': {column_title: Promised, number_style: percent, decimals: 1}
    '["name","burn_rate_1d"]': {column_title: Burn rate, decimals: 2}
    '["name","error_budget_remaining"]': {column_title: Budget left, number_style: percent, decimals: 1}
*/
select
    usage_date,
    slo_name,
    environment,
    observed_good,
    observed_total,
    unknown_events,
    sli,
    target,
    burn_rate_1d,
    error_budget_remaining
from marts.slo_daily
where {{date}} and {{environment}}
order by usage_date desc, slo_name, environment
limit 60
