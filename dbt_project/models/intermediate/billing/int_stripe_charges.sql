with

charges as (

    select * from {{ ref('int_stripe_states') }}
    where object_type = 'charge' and is_newest

),

customers as (

    select * from {{ ref('int_stripe_customers') }}

),

described as (

    select
        object_id as charge_id,
        {{ stripe_reference('object', 'customer') }} as customer_id,
        try_cast({{ json_member('object', 'amount') }} as decimal(18, 0)) as amount_minor,
        upper({{ json_member('object', 'currency') }}) as currency,
        {{ json_member('object', 'status') }} as status,
        load_id

    from charges

)

select
    described.*,
    coalesce(customers.tenant_id, described.customer_id) as tenant_id

from described
left join customers
    on described.customer_id = customers.customer_id
