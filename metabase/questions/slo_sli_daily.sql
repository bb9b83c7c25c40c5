/*
name: Which objectives are kept?
description: >-
  Share of good events of a day, by objective, weighted by sampling; days that nobody can judge have no
  point.
collection: reliability
display: line
parameters:
  date: {label: Date, type: date/all-options, field: [marts, slo_daily, usage_date]}
  environment: {label: Environment, type: string/=, field: [marts, slo_daily, environment]}
visualization_settings:
  graph.dimensions: [usage_date, slo_name]
  graph.metrics: [good_share]
  graph.y_axis.title_text: Share of good events
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","slo_name"]': {column_title: Objective}
    '["name","good_share"]': {column_title: Good, number_style: percent, decimals: 1}
*/
select
    usage_date,
    slo_name,
    sum(good) / nullif(sum(total) filter (where good is not null), 0) as good_share
from marts.slo_daily
where {{date}} and {{environment}}
group by usage_date, slo_name
order by usage_date, slo_name
