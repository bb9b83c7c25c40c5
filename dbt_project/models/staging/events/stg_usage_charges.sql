-- What a biller charged for tokens; a charge without a service or a model is of an unknown one.
select
    source,
    event_id,
    {{ json_member('data', 'tenant_id') }} as tenant_id,
    {{ json_member('data', 'service_name') }} as service_name,
    {{ json_member('data', 'model') }} as model,
    {{ json_member('data', 'token_class') }} as token_class,
    try_cast({{ json_member('data', 'quantity') }} as decimal(28, 6)) as quantity,
    try_cast({{ json_member('data', 'amount_minor') }} as bigint) as amount_minor,
    upper({{ json_member('data', 'currency') }}) as currency,
    {{ utc_timestamp(json_member('data', 'period_start')) }} as period_start,
    {{ utc_timestamp(json_member('data', 'period_end')) }} as period_end,
    record_digest,
    load_id

from {{ source('bronze', 'events') }}
where type = 'billing.usage.charged'
