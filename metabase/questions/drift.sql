/*
name: Did scores or inputs drift between releases?
description: >-
  Each release train against the train before it. The index of the input mix is stable below 0.1 and
  shifted from 0.25; below 100 traces it is unknown.
collection: quality
display: table
parameters:
  agent: {label: Agent, type: string/=, field: [marts, drift_by_release, agent_name]}
  evaluator: {label: Evaluator, type: string/=, field: [marts, drift_by_release, evaluator]}
  dataset: {label: Dataset, type: string/=, field: [marts, drift_by_release, dataset]}
visualization_settings:
  column_settings:
    '["name","agent_name"]': {column_title: Agent}
    '["name","evaluator"]': {column_title: Evaluator}
    '["name","dataset"]': {column_title: Dataset}
    '["name","previous_release_train"]': {column_title: Before}
    '["name","release_train"]': {column_title: Train}
    '["name","evaluations"]': {column_title: Results, number_style: decimal, decimals: 0}
    '["name","score_drift"]': {column_title: Change, decimals: 2}
    '["name","score_drift_low"]': {column_title: At least, decimals: 2}
    '["name","score_drift_high"]': {column_title: At most, decimals: 2}
    '["name","verdict"]': {column_title: Verdict}
    '["name","input_mix_psi"]': {column_title: Input mix index, decimals: 2}
    '["name","input_mix_band"]': {column_title: Input mix}
*/
select
    agent_name,
    evaluator,
    dataset,
    previous_release_train,
    release_train,
    evaluations,
    score_drift,
    score_drift_low,
    score_drift_high,
    verdict,
    input_mix_psi,
    input_mix_band
from marts.drift_by_release
where previous_release_train is not null and {{agent}} and {{evaluator}} and {{dataset}}
order by score_drift nulls last, agent_name, evaluator, dataset, release_train
