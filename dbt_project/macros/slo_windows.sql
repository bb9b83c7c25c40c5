{#- A day counts in the windows of the days that follow it, so a change of one changes those too. -#}

{#- The longest window of any objective, in days. -#}
{% macro longest_window() -%}
    {%- set longest = "select coalesce(max(window_days), 1) from " ~ ref('slo_targets') -%}
    {{ return(run_query(longest).columns[0].values()[0] | int) }}
{%- endmacro %}

{#- `days`, and all whose window reaches back to one of them. -#}
{% macro days_of_windows(days) -%}
    {{ return(none if days is none else _days_within(days, range(longest_window()))) }}
{%- endmacro %}

{#- `days`, and all that their windows reach back to. -#}
{% macro days_before(days) -%}
    {{ return(none if days is none else _days_within(days, range(1 - longest_window(), 1))) }}
{%- endmacro %}

{% macro _days_within(days, steps) -%}
    {%- set within = [] -%}
    {%- for day in days -%}
        {%- for step in steps -%}
            {%- set date = modules.datetime.date.fromisoformat(day) + modules.datetime.timedelta(days=step) -%}
            {%- do within.append(date.isoformat()) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(within | unique | sort | list) }}
{%- endmacro %}

{#- Pre-hook, inside the model's transaction: make room for what is computed anew. -#}
{% macro delete_affected_windows(column, more=[]) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ in_days(column, days_of_windows(affected_days(more))) }}
    {%- endif -%}
{%- endmacro %}
