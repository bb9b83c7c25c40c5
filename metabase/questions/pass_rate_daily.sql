/*
name: Is accuracy moving?
description: >-
  Share of results that passed, of those that can be decided.
collection: quality
display: line
parameters:
  date: {label: Date, type: date/all-options, field: [marts, accuracy_daily, evaluation_date]}
  agent: {label: Agent, type: string/=, field: [marts, accuracy_daily, agent_name]}
  evaluator: {label: Evaluator, type: string/=, field: [marts, accuracy_daily, evaluator]}
  dataset: {label: Dataset, type: string/=, field: [marts, accuracy_daily, dataset]}
visualization_settings:
  graph.dimensions: [evaluation_date, evaluator]
  graph.metrics: [pass_rate]
  graph.y_axis.title_text: Share passed
  column_settings:
    '["name","evaluation_date"]': {column_title: Day (UTC)}
    '["name","evaluator"]': {column_title: Evaluator}
    '["name","pass_rate"]': {column_title: Passed, number_style: percent, decimals: 1}
*/
select
    evaluation_date,
    evaluator,
    sum(pass_rate * decided_evaluations) / nullif(sum(decided_evaluations), 0) as pass_rate
from marts.accuracy_daily
where {{date}} and {{agent}} and {{evaluator}} and {{dataset}}
group by evaluation_date, evaluator
order by evaluation_date, evaluator
