{#- Rows of key and value out of a MAP column: put both in a select list. -#}
{% macro unnest_map(map) -%}
    {{ return(adapter.dispatch('unnest_map')(map)) }}
{%- endmacro %}

{% macro duckdb__unnest_map(map) -%}
    unnest(map_keys({{ map }})) as attribute,
    unnest(map_values({{ map }})) as value
{%- endmacro %}

{#- What a JSON path finds in text, as text; null where the text is no JSON. -#}
{% macro json_path_text(json, path) -%}
    {{ return(adapter.dispatch('json_path_text')(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_path_text(json, path) -%}
    case when json_valid({{ json }}) then json_extract_string({{ json }}, {{ path }}) end
{%- endmacro %}

{#- The value of one canonical column, out of rows of a span's matched aliases: the lowest priority wins. -#}
{% macro canonical(name, what='value') -%}
    min_by({{ what }}, priority) filter (where canonical_name = '{{ name }}')
{%- endmacro %}

{#- A count of tokens that came as text; null for what is no number, or beyond what one call can use. -#}
{% macro token_count(text) -%}
    cast(try_cast({{ text }} as decimal(18, 6)) as bigint)
{%- endmacro %}

{#- A number that came as text; null for what is none, NaN and the infinities among it. -#}
{% macro finite(text) -%}
    {{ return(adapter.dispatch('finite')(text)) }}
{%- endmacro %}

{% macro duckdb__finite(text) -%}
    case when isfinite(try_cast({{ text }} as double)) then try_cast({{ text }} as double) end
{%- endmacro %}
