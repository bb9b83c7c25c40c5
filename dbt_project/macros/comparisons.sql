{#- Fewer items than this on a side decide nothing. -#}
{% macro fewest_items() %}20{% endmacro %}

{#- The mean of exact decimals as an exact decimal, by rounding once; null of none. -#}
{% macro exact_mean(value) -%}
    cast(cast(sum({{ value }}) as double) / count({{ value }}) as decimal(18, 9))
{%- endmacro %}

{#- Whether all amounts of a group are outcomes, 0 or 1. -#}
{% macro is_binary(amount) -%} bool_and({{ amount }} in (0, 1)) {%- endmacro %}

{#- Whether all amounts of a group lie within one unit of zero, as scores from 0 to 1 do. -#}
{% macro is_share(amount) -%} bool_and(abs({{ amount }}) <= 1) {%- endmacro %}

{#- The share that passed on a side with one success and one failure more, and the square of its standard error. -#}
{% macro agresti_share(side) -%} (cast({{ side }}_total as double) + 1) / ({{ side }}_items + 2) {%- endmacro %}

{% macro agresti_error(side) -%}
    {{ agresti_share(side) }} * (1 - {{ agresti_share(side) }}) / ({{ side }}_items + 2)
{%- endmacro %}

{#- A column of the one row of a quantity, in a group that holds a row for each. -#}
{% macro of_quantity(quantity, column) -%}
    max(case when quantity = '{{ quantity }}' then {{ column }} end)
{%- endmacro %}

{#- With fewer results of one of two trains, the index of their mixes says more of chance than of them. -#}
{% macro fewest_results_of_a_mix() %}50{% endmacro %}

{#- A population stability index in words, by the usual bounds of credit scoring; null stays null. -#}
{% macro mix_band(stability_index) -%}
    case
        when {{ stability_index }} < 0.1 then 'stable'
        when {{ stability_index }} < 0.25 then 'moving'
        when {{ stability_index }} >= 0.25 then 'shifted'
        else 'unknown'
    end
{%- endmacro %}
