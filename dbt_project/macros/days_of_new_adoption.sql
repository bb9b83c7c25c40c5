{#-
    Days on which what tenants have enabled and use may differ from what it was at this model's watermark: by a new state
    of a tenant, because no tenant's day was there yet, by calls of connectors, or by an event of a connector, from the day
    on from which it holds. Where copies of an event disagree that is so for each: another one may have counted before.
-#}
{% macro days_of_new_adoption() -%}
    {%- if not execute -%}
        {%- do ref('int_tenant_days') -%}
        {%- do ref('int_connector_events') -%}
    {%- endif -%}
    {%- set tenant_days = "(select tenant_id, snapshot_date as usage_date from " ~ ref('int_tenant_days') ~ ")" -%}
    {%- set told = days_of_new_tenant_states(tenant_days) + days_of_new_connector_calls() -%}
    {%- if not is_incremental() -%}
        {{ return(told) }}
    {%- endif -%}
    {%- set events = "(select copies.* from " ~ ref('int_connector_events') ~ " as copies inner join"
        ~ " (select distinct source, event_id from " ~ ref('int_connector_events')
        ~ " where load_id > " ~ read_up_to() ~ ") as new_events"
        ~ " on copies.source = new_events.source and copies.event_id = new_events.event_id)" -%}
    {{ return(told + [
        "select distinct snapshot_date from " ~ ref('int_tenant_days')
        ~ " where snapshot_date > (select coalesce(max(usage_date), date '0001-01-01') from " ~ this
        ~ " where enabled_tenants + enabled_unknown_tenants > 0)",
        "select distinct tenant_days.usage_date from " ~ tenant_days ~ " as tenant_days inner join " ~ events
        ~ " as events on tenant_days.tenant_id = events.tenant_id"
        ~ " and tenant_days.usage_date >= cast(events.effective_at as date)"
        ~ " where events.event_type in ('connector.enabled', 'connector.disabled')",
        "select distinct read.usage_date from " ~ this ~ " as read inner join " ~ events
        ~ " as events on read.name = events.connector_name"
        ~ " and read.usage_date >= cast(events.effective_at as date)"
        ~ " where read.kind = 'connector' and events.is_premium is not null",
    ]) }}
{%- endmacro %}
