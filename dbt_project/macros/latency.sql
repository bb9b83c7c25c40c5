{#-
    Latencies as the OpenTelemetry exponential histogram: bucket i of a scale covers (base^i, base^(i+1)] of the
    sender's unit, base = 2^(2^-scale). Counts of a bucket can be added over any rows; quantiles of sums are
    right where quantiles of quantiles are not.
    Source: OpenTelemetry metrics data model, exponential histogram.
-#}

{#- Of spans, whose unit is the millisecond. A quantile taken from its buckets is at most 1.1 % off. -#}
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

{#- Bounds of a bucket in its sender's unit; both are 0 for the bucket of zero. -#}
{% macro bucket_lower(index, scale) -%}
    case
        when {{ index }} = {{ zero_bucket() }} then cast(0 as double)
        else power(2, {{ index }} / power(2, {{ scale }}))
    end
{%- endmacro %}

{% macro bucket_upper(index, scale) -%}
    case
        when {{ index }} = {{ zero_bucket() }} then cast(0 as double)
        else power(2, ({{ index }} + 1) / power(2, {{ scale }}))
    end
{%- endmacro %}

{#- What stands for a bucket's latencies: the value whose relative error is the same at both bounds. -#}
{% macro bucket_estimate(lower, upper) -%}
    case when {{ upper }} = 0 then 0 else 2 * {{ lower }} * {{ upper }} / ({{ lower }} + {{ upper }}) end
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
        else cast(floor(({{ index }}) / power(2, {{ scale }} - {{ coarser_scale }})) as integer)
    end
{%- endmacro %}

{#-
    Buckets in the order in which a quantile looks for its rank: every column of `buckets` that passes `where`, and
    `coarsest_scale`, `coarse_lower_ms`, `ordered_weight`, `reached_weight` and `total_weight` within each group of the
    columns `by`. `buckets` has the columns of `latency_histogram_daily`; `weight` names the one that counts. Group
    the result by the same columns and take `latency_quantile` and `latency_error_bound`.

    All buckets are merged to the coarsest scale in their group, each on the grid of its sender's unit. Bounds of a
    second's grid and of a millisecond's grid do not meet, and need not: upper bounds stand above lower ones by one
    factor, so the value of any rank stands above the lower bound of that rank by at most this factor.
    Buckets below the widest bucket of zero are part of it. A group with a bucket of no scale has no quantile.
-#}
{% macro ranked_buckets(buckets, by=[], where='true', weight='weight') -%}
    {%- set group = 'partition by ' ~ by | join(', ') if by else '' -%}
    (
        select
            merged.*,
            sum(ordered_weight) over ({{ group }} order by coarse_lower_ms) as reached_weight,
            sum(ordered_weight) over ({{ group }}) as total_weight
        from (
            select
                scaled.*,
                case
                    when bucket_index = {{ zero_bucket() }} or bucket_lower_ms < widest_zero_ms then cast(0 as double)
                    else bucket_lower_ms * power(
                        2,
                        {{ merged_bucket_index('bucket_index', 'bucket_scale', 'coarsest_scale') }}
                        / power(2, coarsest_scale)
                        - bucket_index / power(2, bucket_scale)
                    )
                end as coarse_lower_ms,
                cast({{ weight }} as decimal(38, 6)) as ordered_weight
            from (
                select
                    *,
                    case when count(*) over ({{ group }}) = count(bucket_scale) over ({{ group }})
                        then min(bucket_scale) over ({{ group }})
                    end as coarsest_scale,
                    coalesce(
                        max(case when bucket_index = {{ zero_bucket() }} then bucket_upper_ms end) over ({{ group }}), 0
                    ) as widest_zero_ms
                from {{ buckets }}
                where {{ where }}
            ) as scaled
        ) as merged
    )
{%- endmacro %}

{#-
    The nearest-rank quantile in milliseconds, an aggregate over `ranked_buckets`: the first bucket that reaches the
    share holds it. What stands for the bucket is 2 * lower * upper / (lower + upper), whose relative error is the same
    at both bounds.
-#}
{% macro latency_quantile(quantile) -%}
    min(coarse_lower_ms * (1 + {{ _scale_error('coarsest_scale') }}))
        filter (where reached_weight >= {{ quantile }} * total_weight)
{%- endmacro %}

{#-
    By how much of the exact value the quantile, and any higher one, may be off: (base - 1) / (base + 1) at the
    coarsest scale. All of it in a bucket of zero that reaches beyond zero.
-#}
{% macro latency_error_bound(quantile) -%}
    max(
        case
            when widest_zero_ms > 0 and coarse_lower_ms = 0 and reached_weight >= {{ quantile }} * total_weight then 1
            else {{ _scale_error('coarsest_scale') }}
        end
    )
{%- endmacro %}

{% macro _scale_error(scale) -%}
    (power(2, power(2, -{{ scale }})) - 1) / (power(2, power(2, -{{ scale }})) + 1)
{%- endmacro %}
