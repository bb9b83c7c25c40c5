{#-
    Days with calls that began under a consent that loads after this model's watermark recorded or ended; all days of
    a tenant with an event whose copies contradict each other, since the losing copy may have counted on any.
-#}
{% macro days_of_new_consents() -%}
    {{ return([
        "select distinct calls.usage_date from " ~ ref('int_governed_calls') ~ " as calls inner join "
        ~ ref('int_consents') ~ " as consents on calls.tenant_id = consents.tenant_id"
        ~ " and (calls.started_at >= consents.valid_from or consents.is_contradicted) where consents.load_id > " ~ read_up_to()
    ]) }}
{%- endmacro %}
