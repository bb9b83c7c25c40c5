/*
name: On which days did an agent answer badly?
description: >-
  The 25 days, agents and evaluators with the lowest upper end of the 95 % interval of the pass rate: bad
  beyond chance.
collection: quality
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, accuracy_daily, evaluation_date]}
  agent: {label: Agent, type: string/=, field: [marts, accuracy_daily, agent_name]}
  evaluator: {label: Evaluator, type: string/=, field: [marts, accuracy_daily, evaluator]}
  dataset: {label: Dataset, type: string/=, field: [marts, accuracy_daily, dataset]}
visualization_settings:
  column_settings:
    '["name","evaluation_date"]': {column_title: Day (UTC)}
    '["name","agent_name"]': {column_title: Agent}
    '["name","evaluator"]': {column_title: Evaluator}
    '["name","dataset"]': {column_title: Dataset}
    '["name","model"]': {column_title: Model}
    '["name","evaluations"]': {column_title: Results, number_style: decimal, decimals: 0}
    '["name","pass_rate"]': {column_title: Passed, number_style: percent, decimals: 1}
    '["name","pass_low"]': {column_title: At least, number_style: percent, decimals: 1}
    '["name","pass_high"]': {column_title: At most, number_style: percent, decimals: 1}
    '["name","trace_url"]': {column_title: A trace, view_as: link, link_text: Open}
    '["name","mlflow_run_url"]': {column_title: MLflow run, view_as: link, link_text: Open}
*/
select
    evaluation_date,
    agent_name,
    evaluator,
    dataset,
    model,
    evaluations,
    pass_rate,
    pass_low,
    pass_high,
    trace_url,
    mlflow_run_url
from marts.accuracy_daily
where pass_rate is not null and {{date}} and {{agent}} and {{evaluator}} and {{dataset}}
order by pass_high, evaluation_date desc, agent_name, evaluator, dataset, model
limit 25
