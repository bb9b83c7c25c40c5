{#- Days of the latency metrics that came, or were removed, after this model's watermark; none when it is built anew. -#}
{% macro days_of_new_latency_points() -%}
    {{ return(_with_days_near_removals(_new_days(ref('int_latency_points'), 'usage_date'))) }}
{%- endmacro %}

{#- A query for the days whose latencies in metrics changed since `this` read them, for `affected_days`. -#}
{% macro days_of_new_latency_metrics() -%}
    {%- if not execute -%}
        {%- do ref('int_latency_days') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {{ return(["select usage_date as day from " ~ ref('int_latency_days') ~ " where load_id > " ~ read_up_to()]) }}
{%- endmacro %}

{#- Days whose latencies in metrics changed since `this` read them; none when it is built anew. -#}
{% macro changed_latency_days() -%}
    {{ return(_new_days(ref('int_latency_days'), 'usage_date')) }}
{%- endmacro %}

{#- Those days, and the ones on which their series were seen before. -#}
{% macro changed_latency_days_and_earlier() -%}
    {%- if not execute or not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(
        (changed_latency_days() + _new_days(ref('int_latency_days'), 'earlier_date')) | unique | sort | list
    ) }}
{%- endmacro %}

{#- Pre-hook: make room for the days of series that are computed anew. -#}
{% macro delete_changed_latency_days() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where
            {{ in_days('usage_date', changed_latency_days()) }}
            and (series_id, usage_date) in (
                select (series_id, usage_date) from {{ ref('int_latency_days') }} where load_id > {{ read_up_to() }}
            )
    {%- endif -%}
{%- endmacro %}

{#- The columns by which a latency knows the row of `int_latency_sources` that chose among its signals. -#}
{% macro same_latency_source(left, right) -%}
    {{ left }}.usage_date = {{ right }}.usage_date
        and {{ left }}.service_name = {{ right }}.service_name
        and {{ left }}.operation_name = {{ right }}.operation_name
        and {{ left }}.metric_name = {{ right }}.metric_name
        and {{ left }}.model = {{ right }}.model
        and {{ left }}.source_name = {{ right }}.source_name
{%- endmacro %}
