{#-
    Latencies as the OpenTelemetry exponential histogram: bucket i of a scale covers (base^i, base^(i+1)]
    milliseconds, base = 2^(2^-scale). Counts of a bucket can be added over any rows; quantiles of sums are
    right where quantiles of quantiles are not.
    Source: OpenTelemetry metrics data model, exponential histogram.
-#}

{#- Of spans. A quantile taken from its buckets is at most 1.1 % off. -#}
{% macro span_bucket_scale() %}5{% endmacro %}

{#- Zero lies below every bucket and has one of its own. -#}
{% macro zero_bucket() %}-2147483648{% endmacro %}

{#- The bucket that a latency of zero or more falls into. -#}
{% macro bucket_index(milliseconds, scale) -%}
    {{ return(adapter.dispatch('bucket_index')(milliseconds, scale)) }}
{%- endmacro %}

{% macro duckdb__bucket_index(milliseconds, scale) -%}
    case
        when {{ milliseconds }} > 0
            then cast(ceil(log2({{ milliseconds }}) * power(2, {{ scale }})) as integer) - 1
        when {{ milliseconds }} = 0 then {{ zero_bucket() }}
    end
{%- endmacro %}

{#- Bounds of a bucket in milliseconds; both are 0 for the bucket of zero. -#}
{% macro bucket_lower_ms(index, scale) -%}
    case
        when {{ index }} = {{ zero_bucket() }} then cast(0 as double)
        else power(2, {{ index }} / power(2, {{ scale }}))
    end
{%- endmacro %}

{% macro bucket_upper_ms(index, scale) -%}
    case
        when {{ index }} = {{ zero_bucket() }} then cast(0 as double)
        else power(2, ({{ index }} + 1) / power(2, {{ scale }}))
    end
{%- endmacro %}

{#-
    A bucket's index at a coarser scale, to merge buckets of several scales: the sum of the merged buckets is
    what a histogram of that scale would have counted.
-#}
{% macro merged_bucket_index(index, scale, coarser_scale) -%}
    {{ return(adapter.dispatch('merged_bucket_index')(index, scale, coarser_scale)) }}
{%- endmacro %}

{% macro duckdb__merged_bucket_index(index, scale, coarser_scale) -%}
    case
        when {{ index }} = {{ zero_bucket() }} then {{ index }}
        else cast(floor({{ index }} / power(2, {{ scale }} - {{ coarser_scale }})) as integer)
    end
{%- endmacro %}

{#- What stands for a bucket's latencies: the value whose relative error is the same at both bounds. -#}
{% macro bucket_estimate_ms(lower, upper) -%}
    case when {{ upper }} = 0 then 0 else 2 * {{ lower }} * {{ upper }} / ({{ lower }} + {{ upper }}) end
{%- endmacro %}

{#-
    The nearest-rank quantile of summed buckets, an aggregate over one row per bucket. `reached` is the weight
    of the bucket and all below it, `total` the weight of all, both decimal: the first bucket that reaches the
    share holds the quantile.
-#}
{% macro bucket_quantile_ms(quantile, reached, total, lower, upper) -%}
    min({{ bucket_estimate_ms(lower, upper) }}) filter (where {{ reached }} >= {{ quantile }} * {{ total }})
{%- endmacro %}
