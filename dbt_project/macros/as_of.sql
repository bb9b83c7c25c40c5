{#- The instant at which ages, expiries and freshness are measured, a UTC timestamp; now, unless it is pinned. -#}
{% macro as_of() -%}
    {%- set pinned = env_var('TRACEHOUSE_AS_OF', '') -%}
    {%- if pinned -%}
        cast(timestamptz '{{ modules.datetime.datetime.fromisoformat(pinned).isoformat() }}' at time zone 'UTC' as timestamp)
    {%- else -%}
        cast(current_timestamp at time zone 'UTC' as timestamp)
    {%- endif -%}
{%- endmacro %}

{#- Link to a trace, from the template TRACEHOUSE_TRACE_URL; null without a trace id. -#}
{% macro trace_url(trace_id) -%}
    {%- set template = env_var(
        'TRACEHOUSE_TRACE_URL',
        'http://localhost:3000/explore?schemaVersion=1&panes=%7B%22t%22:%7B%22datasource%22:%22tempo%22,%22queries%22:%5B%7B%22refId%22:%22A%22,%22queryType%22:%22traceql%22,%22query%22:%22{trace_id}%22%7D%5D%7D%7D'
    ) -%}
    replace('{{ template | replace("'", "''") }}', '{trace_id}', {{ trace_id }})
{%- endmacro %}
