select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'vault_path') }} as vault_path,
    {{ json_member('data', 'digest') }} as digest,
    {{ json_member('data', 'previous_digest') }} as previous_digest,
    try_cast({{ json_member('data', 'bytes') }} as bigint) as bytes,
    try_cast({{ json_member('data', 'bytes_appended') }} as bigint) as bytes_appended,
    {{ json_member('data', 'region') }} as region,
    {{ json_member('data', 'data_class') }} as data_class,
    {{ json_member('data', 'retention_class') }} as retention_class,
    try_cast({{ json_member('data', 'legal_hold') }} as boolean) as legal_hold,
    {{ json_member('data', 'mutation_id') }} as mutation_id,
    {{ json_member('data', 'access_id') }} as access_id,
    {{ json_member('data', 'actor_id') }} as actor_id,
    {{ json_member('data', 'reason') }} as reason,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    {{ json_member('data', 'agent_name') }} as agent_name,
    {{ json_member('data', 'workflow_id') }} as workflow_id,
    lower({{ json_member('data', 'trace_id') }}) as trace_id,
    lower({{ json_member('data', 'span_id') }}) as span_id,
    {{ json_member('data', 'jurisdiction') }} as jurisdiction,
    coalesce({{ json_path_text('data', "'$.\"user_agent.synthetic.type\"'") }} = 'test', false) as is_synthetic,
    occurred_at,
    event_date,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where
    type in (
        'vault.file.created',
        'vault.file.appended',
        'vault.file.deleted',
        'vault.file.read',
        'vault.access.denied'
    )
