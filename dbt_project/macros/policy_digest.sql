{#- One row per version of the policies in a seed, with the digest of its rows, whatever their order. -#}
{% macro policy_versions(seed) -%}
    select
        policy_id,
        policy_version,
        min(valid_from) as valid_from,
        {{ digest_of_rows('policies') }} as digest

    from {{ seed }} as policies
    group by policy_id, policy_version
{%- endmacro %}

{#- `sha256:` and the digest of the rows of `relation` in a group, each as a JSON object, one a line, sorted. -#}
{% macro digest_of_rows(relation) -%}
    {{ return(adapter.dispatch('digest_of_rows')(relation)) }}
{%- endmacro %}

{% macro duckdb__digest_of_rows(relation) -%}
    'sha256:' || sha256(string_agg(cast(to_json({{ relation }}) as varchar), chr(10) order by cast(to_json({{ relation }}) as varchar)))
{%- endmacro %}
