-- What Stripe said of an object: in an event, or as the object itself, which stands for its creation.
with

said as (

    select
        *,
        case when format = 'stripe' then {{ json_member('data', 'object') }} else data end as object

    from {{ source('bronze', 'events') }}
    where format in ('stripe', 'stripe_object')

),

named as (

    select
        *,
        {{ json_member('object', 'object') }} as object_type,
        {{ json_member('object', 'id') }} as object_id

    from said

),

owned as (

    select
        *,
        case
            when object_type = 'customer' then object_id else {{ stripe_reference('object', 'customer') }}
        end as customer_id

    from named

)

select
    object_type,
    object_id,
    customer_id,
    -- Ingest took it from the customer's metadata, else the customer's id.
    nullif(tenant_id, customer_id) as named_tenant_id,
    event_id,
    case when format = 'stripe' then type end as event_type,
    coalesce(type like '%.deleted', false)
    or coalesce({{ json_member('object', 'deleted') }} = 'true', false) as is_deleted,
    object,
    case when format = 'stripe' then {{ json_object_member('data', 'previous_attributes') }} end as previous_attributes,
    dataschema as api_version,
    occurred_at,
    record_digest,
    load_id

from owned
