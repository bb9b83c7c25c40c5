{#-
    Days on which a rule may judge otherwise than before this model's watermark: by a consent, by the tier that a
    tenant had, or by what a new tenant state itself says; and the days of exceptions of a tenant that is none any more.
-#}
{% macro days_of_new_verdicts() -%}
    {{ return(
        days_of_new_consents()
        + days_of_new_tenant_states(ref('int_governed_calls'))
        + days_of_new_tenant_states()
        + [
            "select distinct cast(valid_from as date) as usage_date from " ~ ref('int_tenant_states')
            ~ " where load_id > " ~ read_up_to()
        ]
    ) }}
{%- endmacro %}
