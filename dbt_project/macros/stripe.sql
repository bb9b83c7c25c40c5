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

{#- What `reductions` leaves of an amount a month, never less than nothing; null where either is unknown. -#}
{% macro stripe_reduced(monthly_minor, invoices_a_month) -%}
    case
        when reductions.subscription_id is null then cast({{ monthly_minor }} as double)
        when reductions.is_free then 0
        when {{ monthly_minor }} is null or not reductions.is_known then null
        else greatest(
            cast({{ monthly_minor }} as double) * reductions.share_left
            - cast(reductions.amount_off_minor as double) * {{ invoices_a_month }},
            0
        )
    end
{%- endmacro %}
