{#- What a counter stands at; null for what is no number, or beyond what anyone can have used. -#}
{% macro counter_value(number) -%}
    try_cast({{ number }} as decimal(21, 9))
{%- endmacro %}

{#-
    How much a cumulative series grew from one point to the next; all of the value where it began anew in between:
    a later start, or a smaller value. Null where one of the two is unknown.
    Source: OpenTelemetry metrics data model, resets and gaps.
-#}
{% macro increase_since(value, start, earlier_value, earlier_start) -%}
    case
        when {{ start }} > {{ earlier_start }} or {{ value }} < {{ earlier_value }} then {{ value }}
        else {{ value }} - {{ earlier_value }}
    end
{%- endmacro %}

{#- What the first point of all of a series tells: everything since its start, or nothing where that is unknown. -#}
{% macro increase_since_start(value, start) -%}
    case when {{ start }} is not null then {{ value }} else 0 end
{%- endmacro %}

{#- Tokens that the points of a class counted; null where none did. -#}
{% macro counted_tokens(name) -%}
    cast(sum(value_increase) filter (where counted = '{{ name }}') as bigint)
{%- endmacro %}
