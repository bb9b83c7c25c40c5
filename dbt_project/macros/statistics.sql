{#- Intervals, all two-sided at 95 %. -#}

{% macro z_95() %}1.959963984540054{% endmacro %}

{#-
    Wilson score interval of a proportion; null for no trials. Source: Wilson 1927. Rounding is kept from moving an
    end past 0, 1 or the proportion itself.
-#}
{% macro wilson_low(passes, trials) -%}
    case
        when {{ trials }} > 0
            then least(greatest({{ _wilson(passes, trials, '-') }}, 0.0), 1.0 * {{ passes }} / {{ trials }})
    end
{%- endmacro %}

{% macro wilson_high(passes, trials) -%}
    case
        when {{ trials }} > 0
            then greatest(least({{ _wilson(passes, trials, '+') }}, 1.0), 1.0 * {{ passes }} / {{ trials }})
    end
{%- endmacro %}

{% macro _wilson(passes, trials, sign) -%}
    (
        (1.0 * {{ passes }} / nullif({{ trials }}, 0) + power({{ z_95() }}, 2) / (2 * {{ trials }}))
        {{ sign }} {{ z_95() }} * sqrt(
            (1.0 * {{ passes }} / nullif({{ trials }}, 0))
            * (1 - 1.0 * {{ passes }} / nullif({{ trials }}, 0)) / {{ trials }}
            + power({{ z_95() }}, 2) / (4.0 * power({{ trials }}, 2))
        )
    ) / (1 + power({{ z_95() }}, 2) / {{ trials }})
{%- endmacro %}

{#-
    Half the width of the t-interval of a mean, from exact sums; null below two values.
    The subtraction is exact because the sums are decimals; only the root is a double.
-#}
{% macro t_half_width(count, total, total_of_squares) -%}
    case
        when {{ count }} >= 2
            then {{ student_t_975(count ~ ' - 1') }} * sqrt(
                greatest(cast({{ count }} * {{ total_of_squares }} - {{ total }} * {{ total }} as double), 0)
                / {{ count }} / ({{ count }} - 1) / {{ count }}
            )
    end
{%- endmacro %}

{#-
    The 97.5 % quantile of Student's t. Exact for 1 and 2 degrees of freedom, else the expansion of Abramowitz
    and Stegun 26.7.5: 0.12 % low at 3 degrees, closer beyond.
-#}
{% macro student_t_975(degrees) -%}
    case {{ degrees }}
        when 1 then 12.706204736432095
        when 2 then 4.302652729911275
        else
            1.959963984540054
            + 2.372271230134 / ({{ degrees }})
            + 2.822498616 / power({{ degrees }}, 2)
            + 2.555850 / power({{ degrees }}, 3)
            + 1.589534 / power({{ degrees }}, 4)
    end
{%- endmacro %}
