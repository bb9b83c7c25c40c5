{#- JSON text from names and SQL expressions; every value is text or null, so that evidence reads the same anywhere. -#}
{% macro json_object(members) -%}
    {{ return(adapter.dispatch('json_object')(members)) }}
{%- endmacro %}

{% macro duckdb__json_object(members) -%}
    cast(json_object(
        {%- for name, expression in members.items() %}
            '{{ name }}', cast({{ expression }} as varchar){{ ',' if not loop.last }}
        {%- endfor %}
        ) as varchar)
{%- endmacro %}

{#- The same without the members that are null; null where none is left. -#}
{% macro json_object_of_known(members) -%}
    {{ return(adapter.dispatch('json_object_of_known')(members)) }}
{%- endmacro %}

{% macro duckdb__json_object_of_known(members) -%}
    nullif(cast(json_merge_patch('{}', {{ json_object(members) }}) as varchar), '{}')
{%- endmacro %}

{#- One text for several, such that different ones never give the same: a JSON array, null where a part is. -#}
{% macro key_of(parts) -%}
    {{ return(adapter.dispatch('key_of')(parts)) }}
{%- endmacro %}

{% macro duckdb__key_of(parts) -%}
    cast(json_array(
        {%- for part in parts %}cast({{ part }} as varchar){{ ', ' if not loop.last }}{% endfor -%}
    ) as varchar)
{%- endmacro %}
