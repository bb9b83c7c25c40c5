-- A label that neither the evaluator's row nor the usual words list: whether it passed is unknown until somebody
-- lists it.
{{ config(severity='warn', meta={'owner': 'quality'}) }}

select
    result_id,
    event_date,
    evaluator,
    score_label

from {{ ref('int_evaluation_results') }}
where kind = 'binary' and score_label is not null and is_passed is null
