{#-
    Days on which a rule may judge otherwise than before this model's watermark: by a consent, or by the tier that a
    tenant had; and the days of events that are judged themselves, of calls since an incident began (one that ends
    lowers floors again), and of what was looked through for personal data.
-#}
{% macro days_of_new_verdicts() -%}
    {%- if not execute -%}
        {%- do [ref('int_incidents'), ref('int_policy_decisions'), ref('int_trace_days'), ref('int_vault_events')] -%}
        {%- do ref('int_scanned_days') -%}
    {%- endif -%}
    {{ return(
        days_of_new_consents()
        + days_of_new_tenant_states(ref('int_governed_calls'))
        + days_of_new_tenant_states()
        + [
            "select distinct event_date as usage_date from " ~ ref('int_vault_events')
            ~ " where load_id > " ~ read_up_to(),
            "select distinct event_date as usage_date from " ~ ref('int_policy_decisions')
            ~ " where load_id > " ~ read_up_to() ~ " or trace_id in (select trace_id from " ~ ref('int_trace_days')
            ~ " where load_id > " ~ read_up_to() ~ ")",
            "select distinct calls.usage_date from " ~ ref('int_governed_calls') ~ " as calls inner join "
            ~ ref('int_incidents') ~ " as incidents on calls.started_at >= incidents.first_told_at"
            ~ " where incidents.load_id > " ~ read_up_to(),
            "select usage_date from " ~ ref('int_scanned_days') ~ " where load_id > " ~ read_up_to()
        ]
    ) }}
{%- endmacro %}
