{#- A number that can only be 0 or more; null for any other. -#}
{% macro not_negative(number) -%}
    case when {{ number }} >= 0 then {{ number }} end
{%- endmacro %}
