-- The discount of a customer from each word on it on, null for none. It is told by the customer, and by events of
-- discounts that belong to no subscription.
with

states as (

    select * from {{ ref('int_stripe_states') }}

),

words as (

    select
        customer_id,
        coalesce(valid_from, timestamp '1970-01-01') as valid_from,
        coalesce(
            {{ json_object_member('object', 'discount') }},
            -- Something, but nobody knows what.
            case when {{ json_member('object', 'discount') }} is not null then '{}' end
        ) as discount,
        load_id

    from states
    where object_type = 'customer' and {{ json_has_member('object', 'discount') }}

    union all

    select
        customer_id,
        coalesce(valid_from, {{ stripe_instant('object', 'start') }}) as valid_from,
        case when not is_deleted then object end as discount,
        load_id

    from states
    where
        object_type = 'discount'
        and customer_id is not null
        and coalesce(
            {{ json_member('object', 'subscription') }},
            {{ json_member('object', 'subscription_item') }},
            {{ json_member('object', 'invoice') }},
            {{ json_member('object', 'invoice_item') }},
            {{ json_member('object', 'checkout_session') }}
        ) is null

),

-- One discount in the place of another is told of in one second as an end and as a beginning.
once as (

    select *
    from words
    where valid_from is not null
    qualify row_number() over (
        partition by customer_id, valid_from
        order by discount is null asc, discount desc, load_id asc
    ) = 1

),

followed as (

    select
        *,
        lag(discount) over customer_so_far as previous_discount,
        lag(load_id) over customer_so_far is null as is_first

    from once
    window customer_so_far as (partition by customer_id order by valid_from)

),

changed as (

    select *
    from followed
    where is_first or discount is distinct from previous_discount

)

select
    customer_id,
    valid_from,
    lead(valid_from) over customer_on as valid_to,
    discount,
    greatest(load_id, lead(load_id, 1, load_id) over customer_on) as load_id

from changed
window customer_on as (partition by customer_id order by valid_from)
