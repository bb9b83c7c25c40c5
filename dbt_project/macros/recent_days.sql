{#- The first of the newest 30 UTC days as of an instant; the last one holds the microsecond before it. -#}
{% macro first_recent_day(instant) -%}
    (cast({{ instant }} - interval 1 microsecond as date) - 29)
{%- endmacro %}

{#- A condition that keeps the newest 30 UTC days as of the as-of instant. A day that has yet to come is not recent. -#}
{% macro is_recent_day(column) -%}
    {{ column }} between {{ first_recent_day(as_of()) }} and cast({{ as_of() }} - interval 1 microsecond as date)
{%- endmacro %}

{#- Pre-hook: days that are not recent, or not any more, leave. -#}
{% macro delete_days_not_recent(column) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where not ({{ is_recent_day(column) }})
    {%- endif -%}
{%- endmacro %}

{#- Queries for recent days that `this` does not have, because the as-of instant moved. -#}
{% macro days_recent_again() -%}
    {%- if not execute -%}
        {%- do ref('int_usage_sources') -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {{ return([
        "select distinct usage_date from " ~ ref('int_usage_sources') ~ " where " ~ is_recent_day('usage_date')
        ~ " and usage_date not in (select usage_date from " ~ this ~ ")"
    ]) }}
{%- endmacro %}
