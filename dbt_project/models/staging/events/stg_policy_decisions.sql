select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'decision_id') }} as decision_id,
    {{ json_member('data', 'policy_id') }} as policy_id,
    {{ json_member('data', 'policy_version') }} as policy_version,
    {{ json_member('data', 'decision') }} as decision,
    {{ json_member('data', 'subject_kind') }} as subject_kind,
    {{ json_member('data', 'connector_name') }} as connector_name,
    {{ json_member('data', 'resource') }} as resource,
    {{ json_member('data', 'reason') }} as reason,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    {{ json_member('data', 'agent_name') }} as agent_name,
    {{ json_member('data', 'workflow_id') }} as workflow_id,
    lower({{ json_member('data', 'trace_id') }}) as trace_id,
    lower({{ json_member('data', 'span_id') }}) as span_id,
    {{ json_member('data', 'jurisdiction') }} as jurisdiction,
    {{ json_member('data', 'attributes_redacted') }} as attributes_redacted,
    {{ json_member('data', 'evidence') }} as evidence,
    occurred_at,
    event_date,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where type = 'governance.policy.decided'
