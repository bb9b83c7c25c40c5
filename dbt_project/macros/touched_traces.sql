{#- The days of the traces that loads after this model's watermark touched; none when it is built anew. -#}
{% macro touched_trace_days() -%}
    {%- if not execute -%}
        {#- dbt learns what a model depends on while it parses, when nothing is incremental yet. -#}
        {%- do ref('int_trace_days') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set found = run_query(
        "select distinct span_date from " ~ ref('int_trace_days') ~ " where load_id > " ~ read_up_to()
    ).columns[0].values() -%}
    {{ return(found | reject('none') | map('string') | sort | list) }}
{%- endmacro %}

{#- A condition: the trace was touched since `this` read it. -#}
{% macro is_touched_trace(trace_id) -%}
    {%- if is_incremental() -%}
        {{ trace_id }} in (select trace_id from {{ ref('int_trace_days') }} where load_id > {{ read_up_to() }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- Pre-hook: make room for the spans of touched traces, on the days they have. -#}
{% macro delete_touched_traces() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where {{ in_days('span_date', touched_trace_days()) }} and {{ is_touched_trace('trace_id') }}
    {%- endif -%}
{%- endmacro %}

{#- A condition that keeps the given days and their neighbours. -#}
{% macro near_days(column, days) -%}
    {{ in_days(column, with_neighbours(days)) }}
{%- endmacro %}

{#- The given days and those beside them; none, every day, stays none. -#}
{% macro with_neighbours(days) -%}
    {%- if days is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set near = [] -%}
    {%- for day in days -%}
        {%- for step in (-1, 0, 1) -%}
            {%- set date = modules.datetime.date.fromisoformat(day) + modules.datetime.timedelta(days=step) -%}
            {%- do near.append(date.isoformat()) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(near | unique | sort | list) }}
{%- endmacro %}
