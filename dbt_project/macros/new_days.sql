{#- Days of the log records that came after this model's watermark; none when it is built anew. -#}
{% macro new_log_days() -%}
    {{ return(_new_days(ref('stg_log_records'), 'log_date')) }}
{%- endmacro %}

{#- Days of the token counts in metrics that came after this model's watermark; none when it is built anew. -#}
{% macro new_metric_days() -%}
    {{ return(_new_days(ref('stg_metric_points'), 'metric_date')) }}
{%- endmacro %}

{% macro _new_days(relation, day) -%}
    {%- if not execute or not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set found = run_query("select distinct " ~ day ~ " from " ~ relation ~ " where load_id > " ~ read_up_to()) -%}
    {{ return(found.columns[0].values() | reject('none') | map('string') | sort | list) }}
{%- endmacro %}

{#- Days of the points of token series that came, or were removed, after this model's watermark; none when it is built anew. -#}
{% macro days_of_new_points() -%}
    {{ return(_with_days_near_removals(_new_days(ref('int_metric_points'), 'usage_date'))) }}
{%- endmacro %}

{% macro _with_days_near_removals(days) -%}
    {%- set removed = days_near_removals() -%}
    {{ return(none if days is none else (days + removed) | unique | sort | list) }}
{%- endmacro %}
