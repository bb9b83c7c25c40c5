-- The life of an exception: intervals in which it was open, acknowledged, waived or resolved. A waiver ends by itself,
-- a breach that lasts ends when it is over; one that was called resolved while it lasts is open.
with

exceptions as (

    select
        exception_id,
        occurred_at,
        is_lasting,
        ended_at

    from {{ ref('int_exceptions') }}
    where occurred_at <= {{ as_of() }}

),

acts as (

    select * from {{ ref('int_exception_changes') }}

),

changes as (

    select
        exception_id,
        occurred_at as valid_from,
        0 as place,
        occurred_at as said_at,
        '' as record_digest,
        'open' as state,
        cast(null as varchar) as actor_id,
        cast(null as varchar) as reason,
        cast(null as timestamp) as waived_until

    from exceptions

    union all

    -- Of what was said in one instant the act that goes further counts. A waiver that was over before it could hold is
    -- none.
    select
        exceptions.exception_id,
        greatest(acts.occurred_at, exceptions.occurred_at) as valid_from,
        case acts.event_type
            when 'governance.exception.acknowledged' then 1
            when 'governance.exception.waived' then 2
            else 3
        end as place,
        acts.occurred_at as said_at,
        acts.record_digest,
        case
            when acts.event_type = 'governance.exception.acknowledged' then 'acknowledged'
            when acts.event_type = 'governance.exception.waived' then 'waived'
            when exceptions.is_lasting and coalesce(exceptions.ended_at > acts.occurred_at, true) then 'open'
            else 'resolved'
        end as state,
        acts.actor_id,
        acts.reason,
        acts.waived_until

    from exceptions
    inner join acts
        on exceptions.exception_id = acts.exception_id
    where
        acts.event_type != 'governance.exception.waived'
        or acts.waived_until > greatest(acts.occurred_at, exceptions.occurred_at)

    union all

    select
        exception_id,
        ended_at as valid_from,
        4 as place,
        ended_at as said_at,
        '' as record_digest,
        'resolved' as state,
        null as actor_id,
        null as reason,
        null as waived_until

    from exceptions
    where ended_at <= {{ as_of() }}

),

ordered as (

    select
        *,
        row_number() over (
            partition by exception_id
            order by valid_from, place = 4, place > 0, said_at, place, record_digest
        ) as step

    from changes

),

resolutions as (

    select
        exception_id,
        min(step) as step

    from ordered
    where state = 'resolved'
    group by exception_id

),

-- What is over stays over, whatever else is said of it later.
followed as (

    select
        ordered.*,
        lead(ordered.valid_from) over (partition by ordered.exception_id order by ordered.step) as changed_at

    from ordered
    left join resolutions
        on ordered.exception_id = resolutions.exception_id
    where ordered.state = 'resolved' or coalesce(ordered.step < resolutions.step, true)

),

-- A waiver that ends before anybody does anything else leaves the exception open again.
lapsed as (

    select
        exception_id,
        waived_until as valid_from,
        changed_at as valid_to,
        'open' as state,
        cast(null as varchar) as actor_id,
        cast(null as varchar) as reason,
        cast(null as timestamp) as waived_until

    from followed
    where
        state = 'waived'
        and waived_until <= {{ as_of() }}
        and (changed_at > waived_until or changed_at is null)

),

intervals as (

    select
        exception_id,
        valid_from,
        least(
            changed_at,
            case when state = 'waived' and waived_until <= {{ as_of() }} then waived_until end
        ) as valid_to,
        state,
        actor_id,
        reason,
        waived_until

    from followed

    union all

    select * from lapsed

)

select *
from intervals
where valid_to is null or valid_to > valid_from
