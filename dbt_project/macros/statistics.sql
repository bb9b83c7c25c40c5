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
    The subtraction is exact because the sums are decimals, as long as their products fit one; only the root is a
    double.
-#}
{% macro t_half_width(count, total, total_of_squares) -%}
    case
        when {{ count }} >= 2
            then {{ student_t_975(count ~ ' - 1') }}
            * sqrt({{ variance(count, total, total_of_squares) }} / {{ count }})
    end
{%- endmacro %}

{#- Sample variance from exact sums; for two values or more. -#}
{% macro variance(count, total, total_of_squares) -%}
    (
        case
            when {{ count }} * cast({{ total_of_squares }} as double) < 1e19
                then greatest(cast({{ count }} * {{ total_of_squares }} - {{ total }} * {{ total }} as double), 0)
            else greatest(
                {{ count }} * cast({{ total_of_squares }} as double) - power(cast({{ total }} as double), 2), 0
            )
        end / {{ count }} / ({{ count }} - 1)
    )
{%- endmacro %}

{#-
    A measured number as an exact decimal, so that sums do not depend on the order of rows; null where it is no
    number or beyond a million, where sums of squares would not fit.
-#}
{% macro measured(value) -%}
    case
        when abs(try_cast({{ value }} as double)) <= 1000000 then try_cast({{ value }} as decimal(18, 9))
    end
{%- endmacro %}

{#- Its square, exact. -#}
{% macro squared(value) -%} cast({{ value }} * {{ value }} as decimal(38, 18)) {%- endmacro %}

{#- The 97.5 % quantile of Student's t. Exact for 1 and 2 degrees of freedom, else as `student_t`. -#}
{% macro student_t_975(degrees) -%}
    case {{ degrees }}
        when 1 then 12.706204736432095
        when 2 then 4.302652729911275
        else {{ student_t(z_95(), degrees) }}
    end
{%- endmacro %}

{#-
    The quantile of Student's t that has the tail of `z` under the normal curve, by the expansion of Abramowitz and
    Stegun 26.7.5; for 97.5 % 0.12 % low at 3 degrees, closer beyond. No degrees: the normal curve itself.
-#}
{% macro student_t(z, degrees) -%}
    {%- set z = "cast(" ~ z ~ " as double)" -%}
    (
        {{ z }}
        + coalesce(
            (power({{ z }}, 3) + {{ z }}) / 4 / ({{ degrees }})
            + (5 * power({{ z }}, 5) + 16 * power({{ z }}, 3) + 3 * {{ z }}) / 96 / power({{ degrees }}, 2)
            + (3 * power({{ z }}, 7) + 19 * power({{ z }}, 5) + 17 * power({{ z }}, 3) - 15 * {{ z }})
            / 384 / power({{ degrees }}, 3)
            + (
                79 * power({{ z }}, 9) + 776 * power({{ z }}, 7) + 1482 * power({{ z }}, 5)
                - 1920 * power({{ z }}, 3) - 945 * {{ z }}
            ) / 92160 / power({{ degrees }}, 4),
            0
        )
    )
{%- endmacro %}

{#- The normal quantile that leaves `tail` above it, for tails up to a half: Abramowitz and Stegun 26.2.23. -#}
{% macro normal_quantile(tail) -%}
    {%- set t -%} sqrt(-2 * ln({{ tail }})) {%- endset -%}
    (
        {{ t }} - (2.515517 + 0.802853 * {{ t }} + 0.010328 * power({{ t }}, 2))
        / (1 + 1.432788 * {{ t }} + 0.189269 * power({{ t }}, 2) + 0.001308 * power({{ t }}, 3))
    )
{%- endmacro %}
