{#-
    An amount of a currency in US dollars, to the cent. Null from a hundred billion units or ten billion dollars on:
    nobody is charged that, and sums of it would fit no column.
-#}
{% macro usd_of(amount, usd_per_unit) -%}
    try_cast(try_cast({{ amount }} as decimal(20, 9)) * {{ usd_per_unit }} as decimal(12, 2))
{%- endmacro %}
