select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'policy_id') }} as policy_id,
    {{ json_member('data', 'policy_version') }} as policy_version,
    {{ utc_timestamp(json_member('data', 'valid_from')) }} as valid_from,
    {{ json_member('data', 'digest') }} as digest,
    {{ json_member('data', 'vault_path') }} as vault_path,
    {{ json_member('data', 'actor_id') }} as actor_id,
    occurred_at,
    event_date,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where type = 'governance.policy.published'
