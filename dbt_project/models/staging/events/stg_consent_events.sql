select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    {{ json_member('data', 'purpose') }} as purpose,
    {{ json_member('data', 'subject_id') }} as subject_id,
    {{ json_member('data', 'jurisdiction') }} as jurisdiction,
    {{ json_member('data', 'evidence_uri') }} as evidence_uri,
    {{ utc_timestamp(json_member('data', 'effective_at')) }} as effective_at,
    {{ utc_timestamp(json_member('data', 'expires_at')) }} as expires_at,
    occurred_at,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where type in ('consent.granted', 'consent.renewed', 'consent.withdrawn')
