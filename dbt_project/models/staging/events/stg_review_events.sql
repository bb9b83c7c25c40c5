select
    source,
    event_id,
    {{ json_member('data', 'review_id') }} as review_id,
    {{ json_member('data', 'outcome') }} as outcome,
    {{ json_member('data', 'score') }} as score_text,
    {{ json_member('data', 'dataset') }} as dataset,
    {{ json_member('data', 'prompt_version') }} as prompt_version,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    {{ json_member('data', 'agent_name') }} as agent_name,
    occurred_at,
    event_date,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where type = 'governance.review.completed'
