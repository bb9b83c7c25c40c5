select
    source,
    event_id,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    {{ json_member('data', 'subscription_id') }} as subscription_id,
    {{ json_member('data', 'entitlement_tier') }} as entitlement_tier,
    {{ json_member('data', 'status') }} as status,
    try_cast({{ json_member('data', 'quantity') }} as bigint) as seats,
    try_cast({{ json_member('data', 'mrr_minor') }} as decimal(18, 0)) as mrr_minor,
    upper({{ json_member('data', 'currency') }}) as currency,
    {{ utc_timestamp(json_member('data', 'effective_at')) }} as effective_at,
    occurred_at,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where format = 'cloudevents' and type = 'billing.subscription.changed'
