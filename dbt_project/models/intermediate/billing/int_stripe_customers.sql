-- Whose a customer of Stripe's is: the newest word of its metadata counts for all of its time, since a customer is
-- often created before anybody writes the tenant into it. Whatever names a customer may bring it in full.
with

words as (

    select
        customer_id,
        named_tenant_id as tenant_id,
        object_type = 'customer' as is_its_own,
        coalesce(valid_from, timestamp '1970-01-01') as told_at,
        load_id

    from {{ ref('int_stripe_states') }}
    where customer_id is not null and (object_type = 'customer' or named_tenant_id is not null)

),

named as (

    select
        *,
        last_value(tenant_id ignore nulls) over (
            partition by customer_id
            order by told_at, is_its_own, tenant_id
            rows between unbounded preceding and unbounded following
        ) as newest_tenant_id

    from words

),

dated as (

    select
        *,
        max(case when tenant_id != newest_tenant_id then told_at end) over (partition by customer_id) as last_other_at

    from named

)

-- The load that told so first since another tenant was named: customers change all the time, whose they are seldom.
select
    customer_id,
    coalesce(max(newest_tenant_id), customer_id) as tenant_id,
    min(
        case
            when newest_tenant_id is null then load_id
            when tenant_id = newest_tenant_id and (last_other_at is null or told_at >= last_other_at) then load_id
        end
    ) as load_id

from dated
group by customer_id
