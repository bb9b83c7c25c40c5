{#- Days of evaluation results that came after this model's watermark. -#}
{% macro days_of_new_evaluations() -%}
    {{ return([
        "select distinct event_date from " ~ ref('stg_evaluation_events') ~ " where load_id > " ~ read_up_to()
    ]) }}
{%- endmacro %}
