select
    source,
    event_id,
    type as event_type,
    {{ json_member('data', 'dispute_id') }} as dispute_id,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    try_cast({{ json_member('data', 'amount_minor') }} as decimal(18, 0)) as amount_minor,
    upper({{ json_member('data', 'currency') }}) as currency,
    {{ json_member('data', 'reason') }} as reason,
    {{ json_member('data', 'status') }} as status,
    {{ utc_timestamp(json_member('data', 'effective_at')) }} as effective_at,
    occurred_at,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where
    format = 'cloudevents'
    and type in ('billing.dispute.opened', 'billing.dispute.updated', 'billing.dispute.closed')
