-- Whose a customer of Stripe's is: the newest word of its metadata counts for all of its time, since a customer is
-- often created before anybody writes the tenant into it.
with

customers as (

    select
        object_id as customer_id,
        nullif({{ json_member('object', 'metadata.tenant_id') }}, '') as tenant_id,
        valid_from,
        load_id

    from {{ ref('int_stripe_states') }}
    where object_type = 'customer'

),

named as (

    select
        *,
        arg_max(tenant_id, coalesce(valid_from, timestamp '1970-01-01')) over (
            partition by customer_id
        ) as newest_tenant_id

    from customers

),

dated as (

    select
        *,
        max(case when tenant_id != newest_tenant_id then valid_from end) over (
            partition by customer_id
        ) as last_other_at

    from named

)

-- The load that told so first since another tenant was named: customers change all the time, whose they are seldom.
select
    customer_id,
    coalesce(max(newest_tenant_id), customer_id) as tenant_id,
    min(
        case
            when newest_tenant_id is null then load_id
            when tenant_id = newest_tenant_id and (last_other_at is null or valid_from > last_other_at) then load_id
        end
    ) as load_id

from dated
group by customer_id
