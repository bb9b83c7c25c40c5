{#-
    Days of `calls` (this model, unless another is named) whose tenants' tiers may have changed by loads after this
    model's watermark. A new state can also end an older one, so every day from its beginning on counts; all days of a
    tenant with an event whose copies contradict each other, since the losing copy may have counted on any; and all days
    of one whom a customer of Stripe's turned out not to be.
-#}
{% macro days_of_new_tenant_states(calls=this) -%}
    {%- if not execute -%}
        {%- do ref('int_tenant_states') -%}
        {%- do ref('int_stripe_former_tenants') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {{ return([
        "select distinct read.usage_date from " ~ calls ~ " as read inner join " ~ ref('int_tenant_states')
        ~ " as states on read.tenant_id = states.tenant_id"
        ~ " and (read.usage_date >= cast(states.valid_from as date) or states.is_contradicted)"
        ~ " where states.load_id > " ~ read_up_to(),
        "select distinct usage_date from " ~ calls ~ " where tenant_id in (select tenant_id from "
        ~ ref('int_stripe_former_tenants') ~ " where load_id > " ~ read_up_to() ~ ")",
    ]) }}
{%- endmacro %}
