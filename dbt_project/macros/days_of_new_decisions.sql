{#-
    Days of the decisions of which events after this model's watermark tell, or beside whose events spans changed; the
    day of those that came without one.
-#}
{% macro days_of_new_decisions() -%}
    {%- set told = ref('int_told_of_decisions') -%}
    {%- if not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {{ return([
        "select distinct event_date as usage_date from " ~ told ~ " where decision_id in (select decision_id from "
        ~ told ~ " where load_id > " ~ read_up_to() ~ " or " ~ near_days('event_date', affected_days()) ~ ")"
    ]) }}
{%- endmacro %}
