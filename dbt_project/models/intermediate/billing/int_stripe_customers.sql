-- Whose a customer of Stripe's is: the newest word of its metadata counts for all of its time, since a customer is
-- often created before anybody writes the tenant into it.
with

customers as (

    select
        object_id as customer_id,
        {{ json_member('object', 'metadata.tenant_id') }} as tenant_id,
        valid_from,
        load_id

    from {{ ref('int_stripe_states') }}
    where object_type = 'customer'

)

select
    customer_id,
    coalesce(arg_max(tenant_id, coalesce(valid_from, timestamp '1970-01-01')), customer_id) as tenant_id,
    max(load_id) as load_id

from customers
group by customer_id
