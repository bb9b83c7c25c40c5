/*
name: What do the comparisons say?
description: >-
  Comparisons of models and release trains by verdict. Inconclusive is a verdict: neither better nor worse
  is shown.
collection: quality
display: bar
parameters:
  agent: {label: Agent, type: string/=, field: [marts, model_comparison, agent_name]}
  evaluator: {label: Evaluator, type: string/=, field: [marts, model_comparison, evaluator]}
  dataset: {label: Dataset, type: string/=, field: [marts, model_comparison, dataset]}
visualization_settings:
  graph.dimensions: [compared_on]
  graph.metrics: [pass, inconclusive, regress]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Comparisons
  series_settings: {pass: {color: "#46a37c"}, inconclusive: {color: "#98a3af"}, regress: {color: "#d2564f"}}
  column_settings:
    '["name","compared_on"]': {column_title: Compared}
    '["name","pass"]': {column_title: Pass, number_style: decimal, decimals: 0}
    '["name","inconclusive"]': {column_title: Inconclusive, number_style: decimal, decimals: 0}
    '["name","regress"]': {column_title: Regress, number_style: decimal, decimals: 0}
*/
select
    compared_on,
    count(*) filter (where verdict = 'pass') as pass,
    count(*) filter (where verdict = 'inconclusive') as inconclusive,
    count(*) filter (where verdict = 'regress') as regress
from marts.model_comparison
where {{agent}} and {{evaluator}} and {{dataset}}
group by compared_on
order by compared_on
