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
        agent_days.*,
        'attribute_schema_breach' as rule_id,
        '1' as rule_version,
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
        on agent_days.started_at >= runbooks.valid_from
        and (runbooks.valid_to is null or agent_days.started_at < runbooks.valid_to)

)

select
    rule_id,
    rule_version,
    verdict,
    severity,
    'agent_day' as record_kind,
    agent_day_id as record_id,
    usage_date,
    coalesce(breached_at, started_at) as occurred_at,
    cast(null as varchar) as tenant_id,
    agent_name,
    cast(null as varchar) as workflow_id,
    {{ dbt.split_part('coalesce(breach_example, example)', "'-'", 1) }} as trace_id,
    {{ dbt.split_part('coalesce(breach_example, example)', "'-'", 2) }} as span_id,
    cast(null as varchar) as jurisdiction,
    evidence,
    remediation,
    runbook_url,
    coalesce(breach_load_id, load_id) as load_id

from judged
