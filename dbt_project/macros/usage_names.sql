{#- The columns by which `int_usage_sources` knows the rows that it chose among; null is a name too. -#}
{% macro same_names(left, right) -%}
    {{ left }}.usage_date = {{ right }}.usage_date
        and {{ left }}.source_name = {{ right }}.source_name
        and coalesce({{ left }}.service_name, '') = coalesce({{ right }}.service_name, '')
        and coalesce({{ left }}.provider_name, '') = coalesce({{ right }}.provider_name, '')
        and coalesce({{ left }}.request_model, '') = coalesce({{ right }}.request_model, '')
        and coalesce({{ left }}.response_model, '') = coalesce({{ right }}.response_model, '')
{%- endmacro %}

{#- A model's name as price lists and comparisons take it: lower case, empty where it is unknown. -#}
{% macro comparable(name) -%}
    coalesce(lower(trim({{ name }})), '')
{%- endmacro %}

{#- By how much a coarser signal has to know more before it counts instead of a finer one with gaps. -#}
{% macro a_twentieth_more(amount) -%}
    1.05 * {{ amount }}
{%- endmacro %}
