{#-
    Link to a run in the MLflow UI; null without a run, without a tracking server to open it on, or where the id is none.
    Credentials in the address stay behind.
-#}
{% macro mlflow_run_url(run_id) -%}
    {%- set server = modules.re.sub('//[^/@]*@', '//', env_var('MLFLOW_TRACKING_URI', '')).rstrip('/') -%}
    {%- if server.startswith('http') -%}
        case
            when regexp_matches({{ run_id }}, '^[0-9A-Za-z_-]+$')
                then '{{ server | replace("'", "''") }}/#/runs/' || {{ run_id }}
        end
    {%- else -%}
        cast(null as varchar)
    {%- endif -%}
{%- endmacro %}
