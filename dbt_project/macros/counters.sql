{#- What a counter stands at; null for what is no number, or beyond what anyone can have used. -#}
{% macro counter_value(number) -%}
    try_cast({{ number }} as decimal(21, 9))
{%- endmacro %}

{#-
    How much a cumulative series grew from one point to the next; all of the value where it is smaller, because then it
    began anew without saying so. Null where one of the two is unknown.
    Source: OpenTelemetry metrics data model, resets and gaps.
-#}
{% macro increase_since(value, earlier_value) -%}
    case when {{ value }} < {{ earlier_value }} then {{ value }} else {{ value }} - {{ earlier_value }} end
{%- endmacro %}

{#- What the first point of all of a series tells: everything since its start, or nothing where that is unknown. -#}
{% macro increase_since_start(value, start) -%}
    case when {{ start }} is not null then {{ value }} else 0 end
{%- endmacro %}

{#- Tokens that the points of a class counted; null where none did. -#}
{% macro counted_tokens(name) -%}
    cast(sum(value_increase) filter (where counted = '{{ name }}') as bigint)
{%- endmacro %}

{#-
    What tells one stream of points from another: everything but times and values. Streams of two processes that say
    the same of themselves, or of one that began anew, are told apart by their starts, if cumulative; every delta point
    has a start of its own.
    `more`: columns in which points of this kind also have to be alike.
    Source: OpenTelemetry metrics data model, identity of a stream and its start time.
-#}
{% macro series_id(points, more=[]) -%}
    {%- set start = 'nullif(' ~ points ~ '.start_time_unix_nano, 0)' -%}
    {%- set told = [
        points ~ '.metric_type',
        points ~ '.aggregation_temporality',
        "case when " ~ points ~ ".aggregation_temporality is distinct from 'DELTA' then cast(" ~ start ~ " as varchar) end",
        points ~ '.scope_name',
    ] + more -%}
    md5(
        {{ points }}.metric_name
        {%- for column in told %}
        || ' ' || coalesce({{ column }}, '')
        {%- endfor %}
        || {{ map_identity(points ~ '.attributes') }} || {{ map_identity(points ~ '.resource_attributes') }}
    )
{%- endmacro %}
