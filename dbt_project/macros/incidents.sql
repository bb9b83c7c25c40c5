{#-
    A condition: a row with service, environment and start is of an incident. A null environment is any, and so are no
    names of services; an incident that is not closed lasts.
-#}
{% macro is_of_incident(row, incident) -%}
    {{ incident }}.opened_at <= {{ row }}.started_at
    and ({{ incident }}.closed_at > {{ row }}.started_at or {{ incident }}.closed_at is null)
    and ({{ incident }}.environment = {{ row }}.environment or {{ incident }}.environment is null)
    and (
        {{ incident }}.service_names is null
        or {{ incident }}.service_names = '[]'
        or {{ json_lists(incident ~ '.service_names', row ~ '.service_name') }}
    )
{%- endmacro %}
