-- A subscription's states, cut where time alone changes what one brings: where a discount begins or ends, a pause or
-- a trial is over, or what was to be cancelled is. An event that says otherwise is a state of its own.
with

states as (

    select * from {{ ref('int_stripe_states') }}

),

discounts as (

    select * from {{ ref('int_stripe_discounts') }}

),

-- Who deletes a customer cancels its subscriptions.
deleted_customers as (

    select
        customer_id,
        min(valid_from) as deleted_at,
        min(load_id) as load_id

    from states
    where object_type = 'customer' and is_deleted
    group by 1

),

announced as (

    select
        states.*,
        coalesce(
            {{ stripe_instant('states.object', 'cancel_at') }},
            case
                when {{ json_member('states.object', 'cancel_at_period_end') }} = 'true'
                    then coalesce(
                        {{ stripe_instant('states.object', 'current_period_end') }},
                        -- Newer versions of the API tell it of each item.
                        {{ stripe_instant('states.object', 'items.data[0].current_period_end') }}
                    )
            end
        ) as told_cancellation,
        deleted_customers.deleted_at,
        deleted_customers.load_id as deleted_load_id,
        {{ json_member('states.object', 'pause_collection.behavior') }} is not null as is_paused,
        {{ stripe_instant('states.object', 'pause_collection.resumes_at') }} as resumes_at,
        {{ json_member('states.object', 'status') }} as stripe_status,
        {{ stripe_instant('states.object', 'trial_end') }} as trial_ends_at

    from states
    left join deleted_customers
        on states.customer_id = deleted_customers.customer_id
    where states.object_type = 'subscription' and states.valid_from is not null

),

cuts as (

    select
        object_id as subscription_id,
        valid_from as told_at,
        valid_from as cut_at,
        load_id

    from announced

    union all

    select
        object_id as subscription_id,
        valid_from as told_at,
        told_cancellation as cut_at,
        load_id

    from announced

    union all

    select
        object_id as subscription_id,
        valid_from as told_at,
        deleted_at as cut_at,
        deleted_load_id as load_id

    from announced

    union all

    select
        object_id as subscription_id,
        valid_from as told_at,
        resumes_at as cut_at,
        load_id

    from announced
    where is_paused

    union all

    select
        object_id as subscription_id,
        valid_from as told_at,
        trial_ends_at as cut_at,
        load_id

    from announced
    where stripe_status = 'trialing'

    union all

    select
        subscription_id,
        valid_from as told_at,
        starts_at as cut_at,
        load_id

    from discounts

    union all

    select
        subscription_id,
        valid_from as told_at,
        ends_at as cut_at,
        load_id

    from discounts

),

once as (

    select
        subscription_id,
        told_at,
        cut_at,
        max(load_id) as load_id

    from cuts
    where cut_at is not null
    group by 1, 2, 3

)

select
    once.subscription_id,
    once.told_at,
    once.cut_at as valid_from,
    announced.customer_id,
    announced.event_id,
    announced.object,
    announced.stripe_status,
    announced.is_deleted
    or coalesce(announced.stripe_status = 'canceled', false)
    or coalesce(announced.told_cancellation > once.told_at and announced.told_cancellation <= once.cut_at, false)
    or coalesce(announced.deleted_at > once.told_at and announced.deleted_at <= once.cut_at, false) as is_cancelled,
    announced.is_paused and not coalesce(announced.resumes_at <= once.cut_at, false) as is_paused,
    coalesce(announced.stripe_status = 'trialing' and announced.trial_ends_at <= once.cut_at, false) as is_trial_over,
    announced.record_digest,
    greatest(announced.load_id, once.load_id) as load_id

from once
inner join announced
    on once.subscription_id = announced.object_id
    and once.told_at = announced.valid_from
where
    once.cut_at >= announced.valid_from
    and (announced.valid_to is null or once.cut_at < announced.valid_to)
