{#- Days with calls that began under a consent that loads after this model's watermark recorded or ended. -#}
{% macro days_of_new_consents() -%}
    {{ return([
        "select distinct calls.usage_date from " ~ ref('int_governed_calls') ~ " as calls inner join "
        ~ ref('int_consents') ~ " as consents on calls.tenant_id = consents.tenant_id"
        ~ " and calls.started_at >= consents.valid_from where consents.load_id > " ~ read_up_to()
    ]) }}
{%- endmacro %}
