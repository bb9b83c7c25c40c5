{#-
    On-run-start: one thread of DuckDB while there is little to read. Every small question is then answered in
    half the CPU time, the commits of DuckLake above all; a second thread begins to help where a scan has many row groups
    of 122,880 rows.
-#}
{% macro use_one_thread_for_little() -%}
    {%- if execute and rows_to_read() < 1000000 -%}
        set threads = 1
    {%- endif -%}
{%- endmacro %}

{#- How many rows of bronze some incremental model has not read yet. -#}
{% macro rows_to_read() -%}
    {%- set read_by_all = -1 if flags.FULL_REFRESH else "(select coalesce(min(load_id), -1) from " ~ watermark_table() ~ ")" -%}
    {%- set found = run_query(
        "select coalesce(sum(rows_landed), 0) from " ~ source('bronze', 'ingest_log') ~ " where load_id > " ~ read_by_all
    ) -%}
    {{ return(found.columns[0].values()[0] | int) }}
{%- endmacro %}
