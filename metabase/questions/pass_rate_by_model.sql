/*
name: Which models answer well?
description: >-
  Share of results that passed, each row of the mart by its results; results that nobody can decide are
  left out.
collection: quality
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, accuracy_daily, evaluation_date]}
  agent: {label: Agent, type: string/=, field: [marts, accuracy_daily, agent_name]}
  evaluator: {label: Evaluator, type: string/=, field: [marts, accuracy_daily, evaluator]}
  dataset: {label: Dataset, type: string/=, field: [marts, accuracy_daily, dataset]}
visualization_settings:
  graph.dimensions: [model]
  graph.metrics: [pass_rate]
  column_settings:
    '["name","model"]': {column_title: Model}
    '["name","pass_rate"]': {column_title: Passed, number_style: percent, decimals: 1}
    '["name","evaluations"]': {column_title: Results, number_style: decimal, decimals: 0}
*/
select
    model,
    sum(pass_rate * evaluations) / nullif(sum(evaluations) filter (where pass_rate is not null), 0) as pass_rate,
    sum(evaluations) as evaluations
from marts.accuracy_daily
where {{date}} and {{agent}} and {{evaluator}} and {{dataset}}
group by model
order by pass_rate desc nulls last, model
