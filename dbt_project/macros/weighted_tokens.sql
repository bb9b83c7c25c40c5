{#- Tokens of a class over sampled calls, rounded to whole tokens once per row of a mart; null if none is
    known, or they are more than a whole number holds. -#}
{% macro weighted_tokens(column) -%}
    try_cast(round(sum(cast({{ column }} * sampling_weight as decimal(38, 6)))) as bigint)
{%- endmacro %}

{#- What is known of several columns, added up; null where none of them is known. -#}
{% macro sum_of_known(columns) -%}
    case
        when coalesce({{ columns | join(', ') }}) is not null
            then coalesce({{ columns | join(', 0) + coalesce(') }}, 0)
    end
{%- endmacro %}
