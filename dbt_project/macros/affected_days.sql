{#-
    The UTC days that loads after this model's watermark touched, as a list of date literals: incremental models
    read and delete by them, so that partitions are pruned. None means every day: the model is built anew.
-#}
{% macro affected_days(queries) -%}
    {%- if not execute or not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set days = run_query(queries | join(' union ')).columns[0].values() -%}
    {{ return(days | reject('none') | map('string') | sort | list) }}
{%- endmacro %}

{#- Days whose spans changed since `this` was last built. -#}
{% macro days_of_touched_spans() -%}
    select distinct span_date from {{ ref('int_touched_days') }} where load_id > {{ read_up_to() }}
{%- endmacro %}

{#- A condition that keeps the affected days only; true when the model is built anew. -#}
{% macro in_days(column, days) -%}
    {%- if days is none -%}
        true
    {%- elif days | length == 0 -%}
        false
    {%- else -%}
        {{ column }} in ({% for day in days %}date '{{ day }}'{{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}

{#- Pre-hook, in the model's transaction: make room for the affected days. -#}
{% macro delete_days(column, queries) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ in_days(column, affected_days(queries)) }}
    {%- else -%}
        select 1
    {%- endif -%}
{%- endmacro %}
