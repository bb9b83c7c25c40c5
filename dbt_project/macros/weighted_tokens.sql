{#- Tokens of a class over sampled calls, rounded to whole tokens once per row of a mart; null if none is known. -#}
{% macro weighted_tokens(column) -%}
    cast(round(sum(cast({{ column }} * sampling_weight as decimal(38, 6)))) as bigint)
{%- endmacro %}
