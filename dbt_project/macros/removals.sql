{#-
    What an erasure or a purge took out of bronze is forgotten by every model that has read it. Where a model computes
    whole days or traces anew, those of the removals are among them; where it only adds, it deletes what they name.
-#}

{#- Days near which records were removed since `this` read them, such as 'YYYY-MM-DD'; none when it is built anew. -#}
{% macro days_near_removals() -%}
    {%- set removals = ref('stg_removals') -%}
    {%- if not execute or not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set found = run_query("select distinct event_date from " ~ removals ~ " where load_id > " ~ read_up_to()) -%}
    {{ return(with_neighbours(found.columns[0].values() | reject('none') | map('string') | list)) }}
{%- endmacro %}

{#- A condition: the row came, or something beside it was removed, since `this` read its day. -#}
{% macro is_new_or_beside_removals(load_id, day) -%}
    {%- if not execute -%}
        {%- do ref('stg_removals') -%}
    {%- endif -%}
    ({{ load_id }} > {{ read_up_to() }}{% if is_incremental() %} or {{ in_days(day, days_near_removals()) }}{% endif %})
{%- endmacro %}

{#- The newest load, or removal, that `this` has not read; null when there is none. A scalar query. -#}
{% macro newest_removal() -%}
    (select max(load_id) from {{ ref('stg_removals') }} where load_id > {{ read_up_to() }})
{%- endmacro %}

{#- Pre-hook: the removed records leave, by the digest that they had. -#}
{% macro delete_removed_records() -%}
    {%- if not execute -%}
        {#- dbt learns what a model depends on while it parses, when nothing is incremental yet. -#}
        {%- do ref('stg_removals') -%}
    {%- endif -%}
    {%- if is_incremental() and days_near_removals() | length > 0 -%}
        delete from {{ this }}
        where record_digest in (select record_digest from {{ ref('stg_removals') }} where load_id > {{ read_up_to() }})
    {%- endif -%}
{%- endmacro %}

{#- Pre-hook: make room on the days near removals, which are computed anew from what is left. -#}
{% macro delete_days_near_removals(column) -%}
    {%- if not execute -%}
        {%- do ref('stg_removals') -%}
    {%- endif -%}
    {%- if is_incremental() and days_near_removals() | length > 0 -%}
        delete from {{ this }} where {{ in_days(column, days_near_removals()) }}
    {%- endif -%}
{%- endmacro %}
