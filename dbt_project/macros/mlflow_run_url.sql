{#-
    Link to a run in the MLflow UI; null without a run, without a tracking server to open it on, or where the id is none.
    A user, a password and what follows the path of the address are not for readers.
-#}
{% macro mlflow_run_url(run_id) -%}
    {%- set server = modules.re.sub('//[^/]*@', '//', env_var('MLFLOW_TRACKING_URI', '')).split('?')[0] -%}
    {%- if server.startswith('http') -%}
        case
            when regexp_matches({{ run_id }}, '^[0-9A-Za-z_-]+$')
                then '{{ server.rstrip("/") | replace("'", "''") }}/#/runs/' || {{ run_id }}
        end
    {%- else -%}
        cast(null as varchar)
    {%- endif -%}
{%- endmacro %}
