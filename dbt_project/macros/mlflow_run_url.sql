{#- Link to a run in the MLflow UI; null without a run or without a tracking server. -#}
{% macro mlflow_run_url(run_id) -%}
    {%- set server = env_var('MLFLOW_TRACKING_URI', '') -%}
    {%- if server.startswith('http') -%}
        '{{ server.rstrip("/") | replace("'", "''") }}/#/runs/' || {{ run_id }}
    {%- else -%}
        cast(null as varchar)
    {%- endif -%}
{%- endmacro %}
