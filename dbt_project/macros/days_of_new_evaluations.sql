{#-
    Days of evaluation results that came after this model's watermark, and their neighbours: a copy of a result may
    stand on the other side of midnight.
-#}
{% macro days_of_new_evaluations() -%}
    {{ return([
        "select distinct event_date + step as event_date from " ~ ref('stg_evaluation_events')
        ~ " cross join (values (-1), (0), (1)) as steps (step) where load_id > " ~ read_up_to()
    ]) }}
{%- endmacro %}

{#- What copies of one evaluation result share. -#}
{% macro result_identity() -%}
    coalesce(trace_id || '-' || span_id, record_digest),
    evaluator,
    evaluator_version,
    dataset,
    item_id,
    score_text,
    score_label
{%- endmacro %}
