with

exceptions as (

    select * from {{ ref('int_exceptions') }}

),

states as (

    select * from {{ ref('int_exception_states') }}
    where valid_to is null

)

select
    cast(exceptions.exception_id as varchar) as exception_id,
    cast(exceptions.rule_id as varchar) as rule_id,
    cast(exceptions.rule_version as varchar) as rule_version,
    cast(coalesce(exceptions.severity, 'unknown') as varchar) as severity,
    cast(exceptions.verdict as varchar) as verdict,
    cast(coalesce(states.state, 'open') as varchar) as state,
    cast(states.valid_from as timestamp) as state_since,
    cast(states.actor_id as varchar) as state_actor_id,
    cast(states.reason as varchar) as state_reason,
    cast(states.waived_until as timestamp) as waived_until,
    cast(exceptions.occurred_at as timestamp) as occurred_at,
    cast(exceptions.ended_at as timestamp) as ended_at,
    cast(exceptions.detected_at as timestamp) as detected_at,
    cast(coalesce(exceptions.tenant_id, 'unknown') as varchar) as tenant_id,
    cast(coalesce(exceptions.agent_name, 'unknown') as varchar) as agent_name,
    cast(coalesce(exceptions.workflow_id, 'unknown') as varchar) as workflow_id,
    cast(exceptions.trace_id as varchar) as trace_id,
    cast(exceptions.span_id as varchar) as span_id,
    cast(exceptions.vault_path as varchar) as vault_path,
    cast(coalesce(exceptions.jurisdiction, 'unknown') as varchar) as jurisdiction,
    cast(exceptions.evidence as varchar) as evidence,
    cast(exceptions.remediation as varchar) as remediation,
    cast(exceptions.runbook_url as varchar) as runbook_url,
    cast({{ trace_url('exceptions.trace_id') }} as varchar) as trace_url

from exceptions
left join states
    on exceptions.exception_id = states.exception_id
