{#- Rows of key and value out of a MAP column: put both in a select list. -#}
{% macro unnest_map(map) -%}
    {{ return(adapter.dispatch('unnest_map')(map)) }}
{%- endmacro %}

{% macro duckdb__unnest_map(map) -%}
    unnest(map_keys({{ map }})) as attribute,
    unnest(map_values({{ map }})) as value
{%- endmacro %}

{#- The same, and the kind of each value by the MAP of those that are no strings: put all three in a select list. -#}
{% macro unnest_typed_map(map, types) -%}
    {{ return(adapter.dispatch('unnest_typed_map')(map, types)) }}
{%- endmacro %}

{% macro duckdb__unnest_typed_map(map, types) -%}
    {{ unnest_map(map) }},
    unnest(list_transform(map_keys({{ map }}), lambda key: coalesce({{ types }}[key], 'string'))) as kind
{%- endmacro %}

{#- True when a MAP column has one of the keys in a list. -#}
{% macro has_any_key(map, keys) -%}
    {{ return(adapter.dispatch('has_any_key')(map, keys)) }}
{%- endmacro %}

{% macro duckdb__has_any_key(map, keys) -%}
    list_has_any(map_keys({{ map }}), {{ keys }})
{%- endmacro %}

{#- Text that is the same for MAP columns of the same entries, in whatever order they came. -#}
{% macro map_identity(map) -%}
    {{ return(adapter.dispatch('map_identity')(map)) }}
{%- endmacro %}

{% macro duckdb__map_identity(map) -%}
    cast(list_sort(map_entries({{ map }})) as varchar)
{%- endmacro %}

{#- What a JSON path finds in text, as text; null where the text is no JSON. -#}
{% macro json_path_text(json, path) -%}
    {{ return(adapter.dispatch('json_path_text')(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_path_text(json, path) -%}
    case when json_valid({{ json }}) then json_extract_string({{ json }}, {{ path }}) end
{%- endmacro %}

{#-
    An entry's value as its alias reads it. `entries` (attribute, value, started_at) and `aliases` are the rows of the
    query around; put `alias_is_in_force` in their join.
-#}
{% macro aliased_value() -%}
    case aliases.value_kind
        when 'json' then {{ json_path_text('entries.value', 'aliases.json_path') }}
        when 'seconds' then cast(1000 * try_cast(entries.value as double) as varchar)
        when 'instant' then cast({{ milliseconds_after(utc_timestamp("trim(entries.value, '\"')"), 'entries.started_at') }} as varchar)
        else entries.value
    end
{%- endmacro %}

{% macro alias_is_in_force() -%}
    entries.attribute = aliases.attribute
        and (entries.started_at is null or entries.started_at >= aliases.valid_from)
        and (aliases.valid_to is null or entries.started_at < aliases.valid_to)
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

{#- Rows of value and position, counted from 1, out of a list column: put both in a select list. -#}
{% macro unnest_list(list) -%}
    {{ return(adapter.dispatch('unnest_list')(list)) }}
{%- endmacro %}

{% macro duckdb__unnest_list(list) -%}
    unnest({{ list }}) as value,
    generate_subscripts({{ list }}, 1) as position
{%- endmacro %}

{#- The element of a list at a position counted from 1; null beyond its ends. -#}
{% macro list_element(list, position) -%}
    {{ return(adapter.dispatch('list_element')(list, position)) }}
{%- endmacro %}

{% macro duckdb__list_element(list, position) -%}
    list_extract({{ list }}, cast({{ position }} as bigint))
{%- endmacro %}

{#- The sum of a list of numbers; null for an empty one. -#}
{% macro list_total(list) -%}
    {{ return(adapter.dispatch('list_total')(list)) }}
{%- endmacro %}

{% macro duckdb__list_total(list) -%}
    list_sum({{ list }})
{%- endmacro %}

{#- How many entries a list has; null for none. -#}
{% macro list_length(list) -%}
    {{ return(adapter.dispatch('list_length')(list)) }}
{%- endmacro %}

{% macro duckdb__list_length(list) -%}
    len({{ list }})
{%- endmacro %}
