{#-
    How far an incremental model has read bronze. The mark is written by the model's own transaction,
    so a killed run is repeated from where the model really stands, and it moves even when the new
    loads gave the model no row.
-#}

{% macro watermark_table() -%}
    {{ return(target.database ~ '.intermediate.load_watermarks') }}
{%- endmacro %}

{#- Its copy in the database in memory that profiles.yml opens. -#}
{% macro copied_watermarks() -%}
    {{ return('memory.main.load_watermarks') }}
{%- endmacro %}

{#-
    On-run-start: the table every mark stands in, and its copy in memory. A run asks for its marks hundreds of times,
    each model for its own, and a question to the lake costs more with every file it holds. Who runs dbt holds the
    writer lock, as the pipeline does: another run would move marks that this one has copied.
-#}
{% macro create_watermarks() %}
    create schema if not exists {{ target.database }}.intermediate;
    create table if not exists {{ watermark_table() }} (model_name varchar not null, load_id bigint not null);
    create or replace table {{ copied_watermarks() }} as select * from {{ watermark_table() }}
{% endmacro %}

{#- The load id up to which `this` has read; -1 when it is built anew. -#}
{% macro read_up_to() -%}
    {%- if not execute or not is_incremental() -%}
        {{ return(-1) }}
    {%- endif -%}
    {#- These commands build models and copied the marks before; the others ask the lake. -#}
    {%- set marks = copied_watermarks() if flags.WHICH in ('build', 'run') else watermark_table() -%}
    {%- set found = run_query("select coalesce(max(load_id), -1) from " ~ marks ~ " where model_name = '" ~ this.identifier ~ "'") -%}
    {{ return(found.columns[0].values()[0] | int) }}
{%- endmacro %}

{#- Post-hook, inside the model's transaction: `this` has read every load there is now. -#}
{% macro remember_read() -%}
    delete from {{ watermark_table() }} where model_name = '{{ this.identifier }}';
    insert into {{ watermark_table() }}
    select '{{ this.identifier }}', coalesce(max(load_id), -1) from {{ source('bronze', 'ingest_log') }}
{%- endmacro %}
