-- A subscription's states, cut where time alone changes what one brings: where a discount begins or ends, a pause or
-- a trial is over, or what was to be cancelled is. An event that says otherwise is a state of its own, but Stripe's own
-- events come late: what it tells within a day of an end that was announced does not undo it, and what it makes of a
-- trial within an hour counts from the trial's end on.
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
        case
            when {{ json_member('states.object', 'status') }} = 'trialing'
                then {{ stripe_instant('states.object', 'trial_end') }}
        end as trial_ends_at

    from states
    left join deleted_customers
        on states.customer_id = deleted_customers.customer_id
    where states.object_type = 'subscription' and states.valid_from is not null

),

followed as (

    select
        *,
        lag(told_cancellation) over states_so_far as previous_cancellation,
        lag(trial_ends_at) over states_so_far as previous_trial_end

    from announced
    window states_so_far as (partition by object_id order by valid_from)

),

-- Since when the same end, of the subscription or of its trial, has been told without a break.
dated as (

    select
        *,
        max(case when told_cancellation is distinct from previous_cancellation then valid_from end)
            over states_until_now as cancellation_told_at,
        max(case when trial_ends_at is distinct from previous_trial_end then valid_from end)
            over states_until_now as trial_told_at

    from followed
    window
        states_until_now as (
            partition by object_id
            order by valid_from
            rows between unbounded preceding and current row
        )

),

begun as (

    select
        *,
        case
            -- Still in a trial that is over: it says nothing of what follows.
            when trial_ends_at <= valid_from then valid_from
            when
                previous_trial_end > lag(trial_told_at) over (partition by object_id order by valid_from)
                and previous_trial_end <= valid_from
                and previous_trial_end > valid_from - interval 1 hour
                then previous_trial_end
            else valid_from
        end as begins_at

    from dated

),

spans as (

    select
        *,
        least(
            valid_to,
            min(begins_at) over (
                partition by object_id
                order by valid_from
                rows between 1 following and unbounded following
            )
        ) as ends_at

    from begun

),

cuts as (

    select
        object_id as subscription_id,
        valid_from as told_at,
        begins_at as cut_at,
        load_id

    from spans

    union all

    select
        object_id as subscription_id,
        valid_from as told_at,
        told_cancellation as cut_at,
        load_id

    from spans

    union all

    select
        object_id as subscription_id,
        valid_from as told_at,
        deleted_at as cut_at,
        deleted_load_id as load_id

    from spans

    union all

    select
        object_id as subscription_id,
        valid_from as told_at,
        resumes_at as cut_at,
        load_id

    from spans
    where is_paused

    union all

    select
        object_id as subscription_id,
        valid_from as told_at,
        trial_ends_at as cut_at,
        load_id

    from spans

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
    spans.customer_id,
    spans.event_id,
    spans.object,
    spans.stripe_status,
    spans.is_deleted
    or coalesce(spans.stripe_status = 'canceled', false)
    or coalesce(
        spans.told_cancellation > spans.cancellation_told_at
        and spans.told_cancellation > once.told_at - interval 1 day
        and spans.told_cancellation <= once.cut_at,
        false
    )
    or coalesce(spans.deleted_at > once.told_at and spans.deleted_at <= once.cut_at, false) as is_cancelled,
    spans.is_paused and not coalesce(spans.resumes_at <= once.cut_at, false) as is_paused,
    coalesce(spans.trial_ends_at <= once.cut_at, false) as is_trial_over,
    spans.record_digest,
    greatest(spans.load_id, once.load_id) as load_id

from once
inner join spans
    on once.subscription_id = spans.object_id
    and once.told_at = spans.valid_from
where
    once.cut_at >= spans.begins_at
    and (spans.ends_at is null or once.cut_at < spans.ends_at)
