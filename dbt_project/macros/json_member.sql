{#- A member of a JSON object in text, as text; null where it is missing or null. -#}
{% macro json_member(json, name) -%}
    {{ return(adapter.dispatch('json_member')(json, name)) }}
{%- endmacro %}

{% macro duckdb__json_member(json, name) -%}
    json_extract_string({{ json }}, '$.{{ name }}')
{%- endmacro %}

{#- The members of a JSON array in text, each as JSON text in a row of its own; no row for other text. In a select list. -#}
{% macro json_members(json, name) -%}
    {{ return(adapter.dispatch('json_members')(json, name)) }}
{%- endmacro %}

{% macro duckdb__json_members(json, name) -%}
    unnest(cast(from_json(json_extract({{ json }}, '$.{{ name }}'), '["JSON"]') as varchar[]))
{%- endmacro %}

{#- The places of those members, from 1 on, beside `json_members` of the same array. -#}
{% macro json_places(json, name) -%}
    {{ return(adapter.dispatch('json_places')(json, name)) }}
{%- endmacro %}

{% macro duckdb__json_places(json, name) -%}
    generate_subscripts(cast(from_json(json_extract({{ json }}, '$.{{ name }}'), '["JSON"]') as varchar[]), 1)
{%- endmacro %}

{#- A member that is a JSON object, as JSON text; null where it is missing or anything else. -#}
{% macro json_object_member(json, name) -%}
    {{ return(adapter.dispatch('json_object_member')(json, name)) }}
{%- endmacro %}

{% macro duckdb__json_object_member(json, name) -%}
    case when json_type({{ json }}, '$.{{ name }}') = 'OBJECT' then json_extract_string({{ json }}, '$.{{ name }}') end
{%- endmacro %}

{#-
    What stands in a JSON object in text, at any depth, as rows of `name` (its place) and `value`: a scalar as JSON text,
    of an object that it is one, of an array its length; null for null. To join with.
-#}
{% macro json_nodes(json) -%}
    {{ return(adapter.dispatch('json_nodes')(json)) }}
{%- endmacro %}

{% macro duckdb__json_nodes(json) -%}
    (
        select
            fullkey as name,
            case type
                when 'OBJECT' then '{}'
                when 'ARRAY' then '[' || json_array_length(value) || ']'
                when 'NULL' then null
                else cast(value as varchar)
            end as value
        from json_tree({{ json }})
    )
{%- endmacro %}

{#- A member as JSON text, whatever it is; null where it is missing or null. -#}
{% macro json_text(json, name) -%}
    {{ return(adapter.dispatch('json_text')(json, name)) }}
{%- endmacro %}

{% macro duckdb__json_text(json, name) -%}
    nullif(cast(json_extract({{ json }}, '$.{{ name }}') as varchar), 'null')
{%- endmacro %}

{#- Whether a JSON object in text has a member, null or not. -#}
{% macro json_has_member(json, name) -%}
    {{ return(adapter.dispatch('json_has_member')(json, name)) }}
{%- endmacro %}

{% macro duckdb__json_has_member(json, name) -%}
    coalesce(json_exists({{ json }}, '$.{{ name }}'), false)
{%- endmacro %}

{#- The text of a JSON string; null for other JSON. -#}
{% macro json_string(json) -%}
    {{ return(adapter.dispatch('json_string')(json)) }}
{%- endmacro %}

{% macro duckdb__json_string(json) -%}
    case when json_type({{ json }}) = 'VARCHAR' then json_extract_string({{ json }}, '$') end
{%- endmacro %}

{#- An RFC 3339 instant in text as a UTC timestamp; null for other text. -#}
{% macro utc_timestamp(text) -%}
    {{ return(adapter.dispatch('utc_timestamp')(text)) }}
{%- endmacro %}

{% macro duckdb__utc_timestamp(text) -%}
    (try_cast({{ text }} as timestamptz) at time zone 'UTC')
{%- endmacro %}

{#- The instant so many milliseconds before another; the other itself where the number is null. -#}
{% macro milliseconds_before(instant, milliseconds) -%}
    {{ return(adapter.dispatch('milliseconds_before')(instant, milliseconds)) }}
{%- endmacro %}

{% macro duckdb__milliseconds_before(instant, milliseconds) -%}
    {{ instant }} - to_microseconds(coalesce(cast(1000 * {{ milliseconds }} as bigint), 0))
{%- endmacro %}

{#- Milliseconds from one instant to another; null where one is unknown. -#}
{% macro milliseconds_after(instant, earlier) -%}
    {{ return(adapter.dispatch('milliseconds_after')(instant, earlier)) }}
{%- endmacro %}

{% macro duckdb__milliseconds_after(instant, earlier) -%}
    date_diff('microsecond', {{ earlier }}, {{ instant }}) / 1000
{%- endmacro %}

{#- A condition: the JSON array in text has this text among its members; null where either is null. -#}
{% macro names_service(names, service) -%}
    {{ return(adapter.dispatch('names_service')(names, service)) }}
{%- endmacro %}

{% macro duckdb__names_service(names, service) -%}
    json_contains({{ names }}, to_json({{ service }}))
{%- endmacro %}
