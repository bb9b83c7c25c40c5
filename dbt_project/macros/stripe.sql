{#- The id of what a member of a Stripe object names, by its id or expanded; null where there is none. -#}
{% macro stripe_reference(object, name) -%}
    coalesce(
        {{ json_member(object, name ~ '.id') }},
        case when {{ json_object_member(object, name) }} is null then {{ json_member(object, name) }} end
    )
{%- endmacro %}

{#- A Stripe time, whole seconds since 1970, as a UTC timestamp; null where it is none. -#}
{% macro stripe_instant(object, name) -%}
    {{ return(adapter.dispatch('stripe_instant')(object, name)) }}
{%- endmacro %}

{% macro duckdb__stripe_instant(object, name) -%}
    try(make_timestamp(1000000 * try_cast({{ json_member(object, name) }} as bigint)))
{%- endmacro %}
