{#-
    Spans that are measured together stand in different traces and on different days: a consumer and its producer, the
    attempts of one notification, the attempts of a connector's call and the event that ended it.
-#}

{#- Queries for the days on which something is tied to a trace that was touched since `this` read it. -#}
{% macro days_of_tied_spans() -%}
    {%- if not execute -%}
        {#- dbt learns what a model depends on while it parses, when nothing is incremental yet. -#}
        {%- do ref('int_span_ties') -%}
        {%- do ref('int_trace_days') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set ties = ref('int_span_ties') -%}
    {%- set touched = "select trace_id from " ~ ref('int_trace_days') ~ " where load_id > " ~ read_up_to() -%}
    {{ return([
        "select span_date from " ~ ties ~ " where tie_kind = 'trace' and tied_to in (" ~ touched ~ ")",
        "select span_date from " ~ ties ~ " where tie_kind = 'notification' and tied_to in (select tied_to from "
        ~ ties ~ " where tie_kind = 'notification' and trace_id in (" ~ touched ~ "))",
    ]) }}
{%- endmacro %}

{#- Queries for the days of a connector's calls that a touched trace or a new event tells of. -#}
{% macro days_of_tied_calls() -%}
    {%- if not execute -%}
        {%- do ref('int_span_ties') -%}
        {%- do ref('int_trace_days') -%}
        {%- do ref('int_connector_completions') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set ties = ref('int_span_ties') -%}
    {%- set events = ref('int_connector_completions') -%}
    {%- set calls = "select tied_to from " ~ ties ~ " where tie_kind = 'connector_call' and trace_id in (select trace_id from "
        ~ ref('int_trace_days') ~ " where load_id > " ~ read_up_to() ~ ") union select connector_call_id from "
        ~ events ~ " where load_id > " ~ read_up_to() -%}
    {{ return([
        "select span_date from " ~ ties ~ " where tie_kind = 'connector_call' and tied_to in (" ~ calls ~ ")",
        "select usage_date from " ~ events ~ " where connector_call_id in (" ~ calls ~ ")",
    ]) }}
{%- endmacro %}

{#- `days`, and those of everything that their spans of `tie_kind` are tied to. -#}
{% macro days_read_with(days, tie_kind) -%}
    {%- if not execute -%}
        {%- do ref('int_span_ties') -%}
        {%- do ref('int_trace_days') -%}
        {%- do ref('int_connector_completions') -%}
    {%- endif -%}
    {%- if days is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set ties = ref('int_span_ties') -%}
    {%- set tied = "select tied_to from " ~ ties ~ " where tie_kind = '" ~ tie_kind ~ "' and " ~ in_days('span_date', days) -%}
    {%- if tie_kind == 'connector_call' -%}
        {#- The event of a call may stand on another day than its spans. -#}
        {%- set tied = tied ~ " union select connector_call_id from " ~ ref('int_connector_completions') ~ " where " ~ in_days('usage_date', days) -%}
    {%- endif -%}
    {%- if tie_kind == 'trace' -%}
        {%- set tied_days = "select distinct span_date from " ~ ref('int_trace_days') ~ " where trace_id in (" ~ tied ~ ")" -%}
    {%- else -%}
        {%- set tied_days = "select distinct span_date from " ~ ties ~ " where tie_kind = '" ~ tie_kind ~ "' and tied_to in (" ~ tied ~ ")" -%}
    {%- endif -%}
    {%- set found = run_query(tied_days).columns[0].values() | reject('none') | map('string') | list -%}
    {{ return((days + found) | unique | sort | list) }}
{%- endmacro %}

{#- Queries for the days on which what is known of connectors changed since `this` read it. -#}
{% macro days_of_new_connector_calls() -%}
    {%- if not execute -%}
        {%- do ref('int_objective_metric_days') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return(days_of_tied_calls()) }}
    {%- endif -%}
    {{ return(days_of_tied_calls() + [
        "select usage_date from " ~ ref('int_objective_metric_days') ~ " where load_id > " ~ read_up_to()
    ]) }}
{%- endmacro %}
