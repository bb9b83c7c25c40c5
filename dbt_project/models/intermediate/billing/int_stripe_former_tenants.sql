-- Tenants whose a customer of Stripe's was once, as far as it was known then: by an older word of its metadata, or by
-- its own id before there was any.
with

customers as (

    select * from {{ ref('int_stripe_customers') }}

),

words as (

    select
        customer_id,
        named_tenant_id as tenant_id

    from {{ ref('stg_stripe_objects') }}
    where named_tenant_id is not null
    union
    select
        customer_id,
        customer_id as tenant_id

    from customers

)

select
    words.tenant_id,
    max(customers.load_id) as load_id

from words
inner join customers
    on words.customer_id = customers.customer_id
where words.tenant_id != customers.tenant_id
group by words.tenant_id
