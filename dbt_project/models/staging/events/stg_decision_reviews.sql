select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'review_id') }} as review_id,
    {{ json_member('data', 'decision_id') }} as decision_id,
    {{ json_member('data', 'outcome') }} as outcome,
    {{ json_member('data', 'actor_id') }} as actor_id,
    {{ json_member('data', 'rubric') }} as rubric,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    {{ json_member('data', 'agent_name') }} as agent_name,
    lower({{ json_member('data', 'trace_id') }}) as trace_id,
    lower({{ json_member('data', 'span_id') }}) as span_id,
    occurred_at,
    event_date,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where type in ('governance.review.requested', 'governance.review.completed')
