{#-
    The columns of a judgement, the same for every rule and in this order. The rule is named as its file. `unknown` says
    what becomes of a record that cannot be decided: 'reported' as an exception, or 'counted' in the KPIs alone.
    `without`: columns that the rule's records do not have. `ended_at`: when a breach that lasts was over, null while it
    lasts; without it a breach is an instant, which people resolve.
-#}
{% macro judgement(unknown='counted', without=[], ended_at=none) -%}
    '{{ this.identifier | replace('rule_', '') }}' as rule_id,
    coalesce(policy_version, 'none') as rule_version,
    verdict,
    verdict = 'violation'{{ " or verdict = 'unknown'" if unknown == 'reported' }} as is_exception,
    {% for column in [
        'severity', 'record_kind', 'record_id', 'usage_date', 'started_at', 'tenant_id', 'agent_name', 'workflow_id',
        'trace_id', 'span_id', 'vault_path', 'jurisdiction', 'evidence', 'remediation', 'runbook_url', 'load_id',
    ] -%}
        {{ 'cast(null as varchar) as ' ~ column if column in without else column }}
        {{- ' as occurred_at' if column == 'started_at' }}
        {{- ',\n    ' }}
    {%- endfor -%}
    {{ ended_at or 'cast(null as timestamp)' }} as ended_at,
    {{ 'true' if ended_at else 'false' }} as is_lasting
{%- endmacro %}

{#- All that is known of an exception, null in rows that only count what is none. -#}
{% macro exceptions_only() -%}
    {%- for column in [
        'rule_version', 'severity', 'record_kind', 'record_id', 'occurred_at', 'tenant_id', 'agent_name', 'workflow_id',
        'trace_id', 'span_id', 'vault_path', 'evidence', 'remediation', 'runbook_url', 'load_id', 'ended_at',
        'is_lasting',
    ] -%}
        case when is_exception then {{ column }} end as {{ column }}{{ ',\n    ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
