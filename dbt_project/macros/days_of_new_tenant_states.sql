{#-
    Days of `this` whose tenants' tiers may have changed by loads after its watermark. A new state can also end
    an older one, so every day from its beginning on counts.
-#}
{% macro days_of_new_tenant_states() -%}
    {%- if not execute -%}
        {%- do ref('int_tenant_states') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {{ return([
        "select distinct read.usage_date from " ~ this ~ " as read inner join " ~ ref('int_tenant_states')
        ~ " as states on read.tenant_id = states.tenant_id and read.usage_date >= cast(states.valid_from as date)"
        ~ " where states.load_id > " ~ read_up_to()
    ]) }}
{%- endmacro %}
