{#-
    The probability with which a span was kept, out of its tracestate or a declared attribute; null if unknown.
    `ot=th:T` keeps 1 - T / 2^56, T in hex padded to 14 digits; the older `p:N` keeps 2^-N.
    Source: OpenTelemetry specification, trace/tracestate-probability-sampling.
-#}
{% macro sampling_probability(trace_state, declared) -%}
    {{ return(adapter.dispatch('sampling_probability')(trace_state, declared)) }}
{%- endmacro %}

{#-
    Below this no sampler goes on purpose (`p:63` is the older scheme's word for an adjusted count of zero), and one
    span would outweigh everything else: the probability counts as unknown.
-#}
{% macro smallest_probability() %}0.000000001{% endmacro %}

{% macro duckdb__sampling_probability(trace_state, declared) -%}
    coalesce(
        1 - try_cast(
            '0x' || rpad(nullif(regexp_extract({{ trace_state }}, '(?:^|,)\s*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?:[;,]|$)', 1), ''), 14, '0')
            as bigint
        ) / 72057594037927936.0,
        power(2, -try_cast(nullif(regexp_extract({{ trace_state }}, '(?:^|,)\s*ot=(?:[^,]*;)?p:([0-9]{1,2})(?:[;,]|$)', 1), '') as integer)),
        case when try_cast({{ declared }} as double) > 0 and try_cast({{ declared }} as double) <= 1 then try_cast({{ declared }} as double) end
    )
{%- endmacro %}

{#-
    What a call adds to the sampling variance of a total of `amount`, out of rows of calls with `sampling_weight`,
    `trace_id`, `usage_date` and `trace_days`; null where the amount is. A head sampler keeps or drops a trace whole,
    so the variance of a total T of a trace is w (w - 1) T^2, and each of its calls bears its share. Summed over whole
    traces that is the Horvitz-Thompson estimate; a part of a trace is given more than its own. The days of a trace,
    which stand in different rows, add up to its whole or more, because (a + b)^2 <= 2 (a^2 + b^2).
    Where the spans of a trace have several probabilities it is an upper bound. Decimal, so that no order of rows
    matters; cut where no honest call gets, so that a corrupt one cannot overflow the sum.
    Source: Horvitz and Thompson 1952.
-#}
{% macro sampling_variance(amount) -%}
    cast(
        least(
            greatest(
                cast(trace_days * (sampling_weight - 1) as double) * cast({{ amount }} as double)
                * cast(sum({{ amount }} * sampling_weight) over (partition by usage_date, trace_id) as double),
                case when {{ amount }} is not null then 0 end
            ),
            case when {{ amount }} is not null then 1e22 end
        ) as decimal(38, 12)
    )
{%- endmacro %}

{#-
    Ends of the 95 % interval of a total over any rows of a mart, from the sums of a measure and of its variance; null
    where the total is. Taken on the scale of logarithms: a sample that missed the dear traces has both a low total and
    a low variance, and ends that are as far from the total in ratio make up for it. Below about 30 effective
    requests it is too narrow.
-#}
{% macro sampled_low(total, variance) -%}
    {{ _sampled_end(total, variance, '-') }}
{%- endmacro %}

{% macro sampled_high(total, variance) -%}
    {{ _sampled_end(total, variance, '+') }}
{%- endmacro %}

{% macro _sampled_end(total, variance, sign) -%}
    case
        when {{ total }} = 0 then cast(0 as double)
        else cast({{ total }} as double) * exp({{ sign }}{{ z_95() }} * sqrt({{ variance }}) / cast({{ total }} as double))
    end
{%- endmacro %}
