{#- The first of the newest 30 UTC days as of an instant; the last one holds the microsecond before it. -#}
{% macro first_recent_day(instant) -%}
    (cast({{ instant }} - interval 1 microsecond as date) - 29)
{%- endmacro %}

{#- Pre-hook: days that are no longer recent leave. -#}
{% macro delete_days_not_recent(column) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ column }} < {{ first_recent_day(as_of()) }}
    {%- endif -%}
{%- endmacro %}
