{#-
    Days of the decisions of which events after this model's watermark tell, or told before they were removed, or beside
    whose events spans changed; the day of those that came without one.
-#}
{% macro days_of_new_decisions() -%}
    {%- set told = ref('int_told_of_decisions') -%}
    {%- if not execute -%}
        {%- do ref('stg_removals') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set removed = "select decision_id from " ~ this ~ " where record_digest in (select record_digest from "
        ~ ref('stg_removals') ~ " where load_id > " ~ read_up_to() ~ ")" -%}
    {{ return([
        "select distinct event_date as usage_date from " ~ told ~ " where decision_id in (select decision_id from "
        ~ told ~ " where load_id > " ~ read_up_to() ~ " or " ~ near_days('event_date', affected_days()) ~ ")",
        "select usage_date from " ~ this ~ " where decision_id in (" ~ removed ~ ")",
        "select distinct event_date as usage_date from " ~ told ~ " where decision_id in (" ~ removed ~ ")",
    ]) }}
{%- endmacro %}
