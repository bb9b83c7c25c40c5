{#-
    Days on which what tenants have enabled and use may differ from what it was at this model's watermark: by a new state
    of a tenant, because no tenant's day was there yet, by calls of connectors, or by a registration, which may be of any of
    the connector's days.
-#}
{% macro days_of_new_adoption() -%}
    {%- if not execute -%}
        {%- do ref('int_tenant_days') -%}
        {%- do ref('int_connector_registrations') -%}
    {%- endif -%}
    {%- set tenant_days = "(select tenant_id, snapshot_date as usage_date from " ~ ref('int_tenant_days') ~ ")" -%}
    {%- set told = days_of_new_tenant_states(tenant_days) + days_of_new_connector_calls() -%}
    {%- if not is_incremental() -%}
        {{ return(told) }}
    {%- endif -%}
    {{ return(told + [
        "select distinct snapshot_date from " ~ ref('int_tenant_days')
        ~ " where snapshot_date > (select coalesce(max(usage_date), date '0001-01-01') from " ~ this
        ~ " where enabled_tenants + enabled_unknown_tenants > 0)",
        "select distinct usage_date from " ~ this ~ " where kind = 'connector' and exists (select 1 from "
        ~ ref('int_connector_registrations') ~ " where load_id > " ~ read_up_to() ~ ")",
    ]) }}
{%- endmacro %}
