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
