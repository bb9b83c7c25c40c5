-- Spans lacked an attribute that their agent declares as required, or had one of another type than declared. Unknown:
-- no file of the registry says what the agent declares.
with

agent_days as (

    select * from {{ ref('int_agent_days') }}

),

agents as (

    select * from {{ ref('registered_agents') }}

),

runbooks as (

    select * from {{ ref('runbooks') }}
    where rule_id = 'attribute_schema_breach'

),

judged as (

    select
        agent_days.* exclude (started_at, load_id),
        'agent_day' as record_kind,
        agent_days.agent_day_id as record_id,
        coalesce(agent_days.breached_at, agent_days.started_at) as started_at,
        {{ dbt.split_part('coalesce(agent_days.breach_example, agent_days.example)', "'-'", 1) }} as trace_id,
        {{ dbt.split_part('coalesce(agent_days.breach_example, agent_days.example)', "'-'", 2) }} as span_id,
        coalesce(agent_days.breach_load_id, agent_days.load_id) as load_id,
        '1' as policy_version,
        case
            when agents.agent_name is null then 'unknown'
            when agent_days.missing_attributes is null and agent_days.wrong_types is null then 'compliant'
            else 'violation'
        end as verdict,
        'medium' as severity,
        'Let the agent send what it declares, or declare what it sends.' as remediation,
        runbooks.url as runbook_url,
        {{ json_object({
            'agent_name': 'agent_days.agent_name',
            'service_name': 'agent_days.service_name',
            'spans': 'agent_days.spans',
            'missing_attributes': 'agent_days.missing_attributes',
            'wrong_types': 'agent_days.wrong_types',
        }) }} as evidence

    from agent_days
    left join agents
        on agent_days.agent_name = agents.agent_name
        and agent_days.usage_date >= agents.valid_from
        and (agents.valid_to is null or agent_days.usage_date < agents.valid_to)
    left join runbooks
        on {{ in_force('runbooks', 'agent_days.started_at') }}

)

select {{ judgement(without=['tenant_id', 'workflow_id', 'vault_path', 'jurisdiction']) }}
from judged
