{#- Days of charges that came, or were contradicted, after this model's watermark. -#}
{% macro days_of_new_charges() -%}
    {{ return(["select usage_date from " ~ ref('int_usage_charges') ~ " where load_id > " ~ read_up_to()]) }}
{%- endmacro %}
