{#- One row for each day from `first` to `last`, both included; none where either is null. In a select list. -#}
{% macro days_from_to(first, last) -%}
    {{ return(adapter.dispatch('days_from_to')(first, last)) }}
{%- endmacro %}

{% macro duckdb__days_from_to(first, last) -%}
    cast(unnest(generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval 1 day)) as date)
{%- endmacro %}

{#- One row for the first day of each month from `first` to `last`, both included. In a select list. -#}
{% macro months_from_to(first, last) -%}
    {{ return(adapter.dispatch('months_from_to')(first, last)) }}
{%- endmacro %}

{% macro duckdb__months_from_to(first, last) -%}
    cast(unnest(generate_series(
        date_trunc('month', cast({{ first }} as timestamp)),
        date_trunc('month', cast({{ last }} as timestamp)),
        interval 1 month
    )) as date)
{%- endmacro %}

{#- The UTC day of an instant in nanoseconds since the epoch. -#}
{% macro utc_day(unix_nano) -%}
    {{ return(adapter.dispatch('utc_day')(unix_nano)) }}
{%- endmacro %}

{% macro duckdb__utc_day(unix_nano) -%}
    date '1970-01-01' + cast(({{ unix_nano }}) // 86400000000000 as integer)
{%- endmacro %}
