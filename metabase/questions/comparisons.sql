/*
name: "Which variant is better, dearer, slower?"
description: >-
  Comparisons that were judged, the first 60, what regressed on top. Deltas are of the candidate against
  the baseline; quality counts up for the better.
collection: quality
display: table
parameters:
  agent: {label: Agent, type: string/=, field: [marts, model_comparison, agent_name]}
  evaluator: {label: Evaluator, type: string/=, field: [marts, model_comparison, evaluator]}
  dataset: {label: Dataset, type: string/=, field: [marts, model_comparison, dataset]}
visualization_settings:
  column_settings:
    '["name","agent_name"]': {column_title: Agent}
    '["name","evaluator"]': {column_title: Evaluator}
    '["name","dataset"]': {column_title: Dataset}
    '["name","baseline"]': {column_title: Baseline}
    '["name","candidate"]': {column_title: Candidate}
    '["name","verdict"]': {column_title: Verdict}
    '["name","reason"]': {column_title: Reason}
    '["name","candidate_items"]': {column_title: Items, number_style: decimal, decimals: 0}
    '["name","quality_delta"]': {column_title: Quality, decimals: 2}
    '["name","quality_low"]': {column_title: At least, decimals: 2}
    '["name","quality_high"]': {column_title: At most, decimals: 2}
    '["name","cost_delta"]': {column_title: Cost an item, number_style: currency, currency: USD, decimals: 4}
    '["name","latency_delta"]': {column_title: Run takes longer, decimals: 0, suffix: " ms"}
*/
select
    agent_name,
    evaluator,
    dataset,
    baseline,
    candidate,
    verdict,
    reason,
    candidate_items,
    quality_delta,
    quality_low,
    quality_high,
    cost_delta,
    latency_delta
from marts.model_comparison
where quality_delta is not null and {{agent}} and {{evaluator}} and {{dataset}}
order by
    case verdict when 'regress' then 1 when 'pass' then 2 else 3 end,
    agent_name, evaluator, dataset, baseline, candidate
limit 60
