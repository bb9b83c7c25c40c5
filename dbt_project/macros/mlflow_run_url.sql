{#-
    Link to a run in the MLflow UI; null without a run or without a tracking server. A user, a password and what
    follows the path of the address are not for readers.
-#}
{% macro mlflow_run_url(run_id) -%}
    {%- set server = modules.re.sub('//[^/]*@', '//', env_var('MLFLOW_TRACKING_URI', '')).split('?')[0] -%}
    {%- if server.startswith('http') -%}
        '{{ server.rstrip("/") | replace("'", "''") }}/#/runs/' || {{ run_id }}
    {%- else -%}
        cast(null as varchar)
    {%- endif -%}
{%- endmacro %}
