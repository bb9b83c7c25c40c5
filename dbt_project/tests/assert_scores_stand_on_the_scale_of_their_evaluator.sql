-- An evaluator whose threshold lies between 0 and 1 scores from 0 to 1. A score beyond is on another scale, and would
-- lift every mean that it is in.
{{ config(severity='warn', meta={'owner': 'quality'}) }}

select
    results.result_id,
    results.event_date,
    results.evaluator,
    results.score_value

from {{ ref('int_evaluation_results') }} as results
inner join {{ ref('evaluators') }} as evaluators
    on results.evaluator = evaluators.evaluator
    and evaluators.evaluator_version in (results.evaluator_version, '*')
    and {{ in_force('evaluators', 'results.occurred_at') }}
where
    evaluators.pass_threshold between 0 and 1
    and results.score_value not between 0 and 1
