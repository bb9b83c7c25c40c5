{#- The value of a key in a MAP of text; null where the key is missing or its value is empty text. -#}
{% macro map_text(map, key) -%}
    {{ return(adapter.dispatch('map_text')(map, key)) }}
{%- endmacro %}

{% macro default__map_text(map, key) -%}
    nullif({{ map }}['{{ key }}'], '')
{%- endmacro %}
