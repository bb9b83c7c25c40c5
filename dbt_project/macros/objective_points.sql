{#- UTC days of the objective points that came, or were removed, after this model's watermark; none when it is built anew. -#}
{% macro days_of_new_objective_points() -%}
    {%- set points = ref('stg_objective_points') -%}
    {%- do days_near_removals() -%}
    {%- if not execute or not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {#- What was counted up to midnight was counted on the day before. -#}
    {%- set found = run_query(
        "select metric_date as day from " ~ points ~ " where load_id > " ~ read_up_to()
        ~ " union select metric_date - 1 as day from " ~ points ~ " where load_id > " ~ read_up_to()
    ).columns[0].values() | reject('none') | map('string') | list -%}
    {{ return((found + days_near_removals()) | unique | sort | list) }}
{%- endmacro %}

{#-
    Rows of a histogram's buckets: put it in a select list. `upper_bound` is infinite for the last. What has no buckets
    is one row without a bound, which counts all of `value`.
-#}
{% macro unnest_buckets(bounds, counts, value) -%}
    {{ return(adapter.dispatch('unnest_buckets')(bounds, counts, value)) }}
{%- endmacro %}

{% macro duckdb__unnest_buckets(bounds, counts, value) -%}
    {%- set has_buckets = 'len(' ~ counts ~ ') > 0 and len(' ~ counts ~ ') = len(' ~ bounds ~ ') + 1' -%}
    unnest(case when {{ has_buckets }} then list_append({{ bounds }}, cast('infinity' as double)) else [cast(null as double)] end)
        as upper_bound,
    unnest(case when {{ has_buckets }} then list_transform({{ counts }}, lambda n: cast(n as double)) else [{{ value }}] end)
        as counted
{%- endmacro %}

{#- Queries for the days on which what is known of objectives changed since `this` read it, whatever it is read from. -#}
{% macro days_of_new_slo_measures() -%}
    {%- if not execute -%}
        {%- do ref('int_objective_metric_days') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return(days_of_tied_spans()) }}
    {%- endif -%}
    {{ return(days_of_tied_spans() + [
        "select usage_date from " ~ ref('int_objective_metric_days') ~ " where load_id > " ~ read_up_to()
    ]) }}
{%- endmacro %}
