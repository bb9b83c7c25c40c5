{#-
    Days of this model on which a tenant's revenue may differ from what it was at this model's watermark: by a new
    state of the tenant, or because the tenant's day was not there yet.
-#}
{% macro days_of_new_revenue() -%}
    {%- if not execute -%}
        {%- do ref('int_tenant_days') -%}
        {%- do ref('int_tenant_states') -%}
        {%- do ref('int_stripe_former_tenants') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {{ return(days_of_new_tenant_states() + [
        "select days.snapshot_date as day from " ~ ref('int_tenant_days') ~ " as days inner join "
        ~ ref('int_tenant_states') ~ " as states on days.tenant_id = states.tenant_id"
        ~ " and (days.snapshot_date >= cast(states.valid_from as date) or states.is_contradicted)"
        ~ " where states.load_id > " ~ read_up_to(),
        "select days.snapshot_date as day from " ~ ref('int_tenant_days') ~ " as days left join " ~ this
        ~ " as read on days.tenant_id = read.tenant_id and days.snapshot_date = read.usage_date"
        ~ " where days.is_tenant and read.tenant_id is null",
    ]) }}
{%- endmacro %}
