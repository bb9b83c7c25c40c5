select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'decision_id') }} as decision_id,
    {{ json_member('data', 'new_decision') }} as new_decision,
    {{ json_member('data', 'actor_id') }} as actor_id,
    {{ json_member('data', 'reason') }} as reason,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    {{ json_member('data', 'agent_name') }} as agent_name,
    {{ json_member('data', 'workflow_id') }} as workflow_id,
    lower({{ json_member('data', 'trace_id') }}) as trace_id,
    lower({{ json_member('data', 'span_id') }}) as span_id,
    {{ json_member('data', 'jurisdiction') }} as jurisdiction,
    occurred_at,
    event_date,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where type = 'governance.decision.overridden'
