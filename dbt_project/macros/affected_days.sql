{#-
    Incremental models that follow spans are built day by day: the days that new loads touched are deleted and
    computed anew, named as literals so that partitions are pruned. None stands for every day: the model is
    built anew.
-#}

{#-
    Days whose spans, or whose usage in logs and metrics, changed since `this` read them, a list of 'YYYY-MM-DD'.
    `more`: queries for further days.
-#}
{% macro affected_days(more=[]) -%}
    {%- if not execute -%}
        {#- dbt learns what a model depends on while it parses, when nothing is incremental yet. -#}
        {%- do ref('int_changed_days') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set changed = "select usage_date from " ~ ref('int_changed_days') ~ " where load_id > " ~ read_up_to() -%}
    {%- set found = run_query(([changed] + more) | join(' union ')).columns[0].values() -%}
    {{ return(found | reject('none') | map('string') | sort | list) }}
{%- endmacro %}

{#- A condition that keeps the affected days. -#}
{% macro in_days(column, days) -%}
    {%- if days is none -%}
        true
    {%- elif days | length == 0 -%}
        false
    {%- else -%}
        {{ column }} in (date '{{ days | join("', date '") }}')
    {%- endif -%}
{%- endmacro %}

{#- Pre-hook, inside the model's transaction: make room for what is computed anew. -#}
{% macro delete_affected_days(column, more=[]) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ in_days(column, affected_days(more)) }}
    {%- endif -%}
{%- endmacro %}

{#- A condition: what counts in the trace may have changed since `this` read it. -#}
{% macro is_affected_trace(trace_id) -%}
    {%- if not execute -%}
        {%- do ref('int_touched_days') -%}
    {%- endif -%}
    {%- if is_incremental() -%}
        {{ trace_id }} in (select trace_id from {{ ref('int_touched_days') }} where load_id > {{ read_up_to() }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#-
    A condition: a call is counted anew, because its trace was touched or its response was seen in one that was.
    The other calls of a trace with such a response stay: not every copy of theirs is read.
-#}
{% macro is_counted_anew(trace_id, response_id, day) -%}
    {%- if not execute -%}
        {%- do ref('int_trace_days') -%}
        {%- do ref('int_trace_responses') -%}
    {%- endif -%}
    {%- if is_incremental() -%}
        (
            {{ is_touched_trace(trace_id) }}
            or (
                {{ near_days(day, touched_trace_days()) }}
                and {{ response_id }} in (
                    select response_id from {{ ref('int_trace_responses') }} where {{ is_touched_trace('trace_id') }}
                )
            )
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- Pre-hook: make room for the calls that are counted anew, on the days they have. -#}
{% macro delete_calls_counted_anew() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where
            {{ in_days('usage_date', affected_days()) }}
            and {{ is_counted_anew('trace_id', 'response_id', 'usage_date') }}
    {%- endif -%}
{%- endmacro %}
