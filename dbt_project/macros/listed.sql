{#- Text that names every amount that is not zero, such as `retry -120, unexplained 3`. -#}
{% macro listed(amounts) -%}
    concat_ws(
        ', '
        {%- for name, amount in amounts.items() %},
        case when cast({{ amount }} as bigint) != 0 then '{{ name }} ' || cast(cast({{ amount }} as bigint) as varchar) end
        {%- endfor %}
    )
{%- endmacro %}
