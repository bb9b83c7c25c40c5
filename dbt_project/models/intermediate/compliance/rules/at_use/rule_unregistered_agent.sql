-- An agent sent telemetry on a day on which no file of the registry declares it. Nobody owns what it does.
with

agent_days as (

    select * from {{ ref('int_agent_days') }}

),

agents as (

    select * from {{ ref('registered_agents') }}

),

runbooks as (

    select * from {{ ref('runbooks') }}
    where rule_id = 'unregistered_agent'

),

judged as (

    select
        agent_days.*,
        'agent_day' as record_kind,
        agent_days.agent_day_id as record_id,
        {{ dbt.split_part('agent_days.example', "'-'", 1) }} as trace_id,
        {{ dbt.split_part('agent_days.example', "'-'", 2) }} as span_id,
        '1' as policy_version,
        case
            when agent_days.agent_name is null then 'unknown'
            when
                agent_days.usage_date >= agents.valid_from
                and (agents.valid_to is null or agent_days.usage_date < agents.valid_to)
                then 'compliant'
            else 'violation'
        end as verdict,
        'medium' as severity,
        'Add the agent to the telemetry registry, or stop it.' as remediation,
        runbooks.url as runbook_url,
        {{ json_object({
            'agent_name': 'agent_days.agent_name',
            'service_name': 'agent_days.service_name',
            'spans': 'agent_days.spans',
            'registered_from': 'agents.valid_from',
            'registered_to': 'agents.valid_to',
        }) }} as evidence

    from agent_days
    left join agents
        on agent_days.agent_name = agents.agent_name
    left join runbooks
        on {{ in_force('runbooks', 'agent_days.started_at') }}

)

select {{ judgement(without=['tenant_id', 'workflow_id', 'vault_path', 'jurisdiction']) }}
from judged
