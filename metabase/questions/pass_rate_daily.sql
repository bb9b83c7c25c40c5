/*
name: Is accuracy moving?
description: >-
  Share of results that passed, each row of the mart by its results; results that nobody can decide are
  left out.
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
    sum(pass_rate * evaluations) / nullif(sum(evaluations) filter (where pass_rate is not null), 0) as pass_rate
from marts.accuracy_daily
where {{date}} and {{agent}} and {{evaluator}} and {{dataset}}
group by evaluation_date, evaluator
order by evaluation_date, evaluator
