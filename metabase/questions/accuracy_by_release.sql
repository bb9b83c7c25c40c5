/*
name: How does each release train do?
description: >-
  By agent, evaluator, dataset and release train. Mean scores and shares are of the results that have one.
collection: quality
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, accuracy_daily, evaluation_date]}
  agent: {label: Agent, type: string/=, field: [marts, accuracy_daily, agent_name]}
  evaluator: {label: Evaluator, type: string/=, field: [marts, accuracy_daily, evaluator]}
  dataset: {label: Dataset, type: string/=, field: [marts, accuracy_daily, dataset]}
visualization_settings:
  column_settings:
    '["name","agent_name"]': {column_title: Agent}
    '["name","evaluator"]': {column_title: Evaluator}
    '["name","dataset"]': {column_title: Dataset}
    '["name","release_train"]': {column_title: Release train}
    '["name","evaluations"]': {column_title: Results, number_style: decimal, decimals: 0}
    '["name","pass_rate"]': {column_title: Passed, number_style: percent, decimals: 1}
    '["name","mean_score"]': {column_title: Mean score, decimals: 2}
    '["name","trace_url"]': {column_title: A trace, view_as: link, link_text: Open}
    '["name","mlflow_run_url"]': {column_title: MLflow run, view_as: link, link_text: Open}
*/
select
    agent_name,
    evaluator,
    dataset,
    release_train,
    sum(evaluations) as evaluations,
    sum(pass_rate * decided_evaluations) / nullif(sum(decided_evaluations), 0) as pass_rate,
    sum(mean_score * scored_evaluations) / nullif(sum(scored_evaluations), 0) as mean_score,
    max(trace_url) as trace_url,
    max(mlflow_run_url) as mlflow_run_url
from marts.accuracy_daily
where {{date}} and {{agent}} and {{evaluator}} and {{dataset}}
group by agent_name, evaluator, dataset, release_train
order by agent_name, evaluator, dataset, release_train
