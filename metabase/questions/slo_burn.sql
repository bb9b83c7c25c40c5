/*
name: How fast does the budget burn?
description: "Burn rate over the window, by objective; at 1 the budget lasts exactly the window."
collection: reliability
display: line
parameters:
  date: {label: Date, type: date/all-options, field: [marts, slo_daily, usage_date]}
  environment: {label: Environment, type: string/=, field: [marts, slo_daily, environment]}
visualization_settings:
  graph.dimensions: [usage_date, objective]
  graph.metrics: [burn_rate_window]
  graph.y_axis.title_text: Burn rate
  graph.show_goal: true
  graph.goal_value: 1
  graph.goal_label: Budget lasts the window
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","objective"]': {column_title: Objective}
    '["name","burn_rate_window"]': {column_title: Burn rate, decimals: 2}
*/
select
    usage_date,
    slo_name || ' · ' || environment as objective,
    burn_rate_window
from marts.slo_daily
where {{date}} and {{environment}}
order by usage_date, objective
