-- The life of an exception: intervals in which it was open, acknowledged, waived or resolved. A waiver ends by itself,
-- a breach that lasts ends when it is over; one that was called resolved while it lasts is open.
with

exceptions as (

    select
        exception_id,
        occurred_at,
        is_standing,
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
        '' as record_digest,
        'open' as state,
        cast(null as varchar) as actor_id,
        cast(null as varchar) as reason,
        cast(null as timestamp) as waived_until

    from exceptions

    union all

    select
        exceptions.exception_id,
        greatest(acts.occurred_at, exceptions.occurred_at) as valid_from,
        1 as place,
        acts.record_digest,
        case
            when acts.event_type = 'governance.exception.acknowledged' then 'acknowledged'
            when acts.event_type = 'governance.exception.waived' then 'waived'
            when exceptions.is_standing and coalesce(exceptions.ended_at > acts.occurred_at, true) then 'open'
            else 'resolved'
        end as state,
        acts.actor_id,
        acts.reason,
        acts.waived_until

    from exceptions
    inner join acts
        on exceptions.exception_id = acts.exception_id

    union all

    select
        exception_id,
        ended_at as valid_from,
        3 as place,
        '' as record_digest,
        'resolved' as state,
        null as actor_id,
        null as reason,
        null as waived_until

    from exceptions
    where ended_at <= {{ as_of() }}

),

followed as (

    select
        *,
        lead(valid_from) over life_of_exception as changed_at,
        bool_or(place = 3) over life_so_far as is_over

    from changes
    window
        life_of_exception as (
            partition by exception_id
            order by valid_from, place, record_digest
        ),
        life_so_far as (
            partition by exception_id
            order by valid_from, place, record_digest
            rows between unbounded preceding and current row
        )

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
        and not is_over
        and waived_until <= {{ as_of() }}
        and (changed_at > waived_until or changed_at is null)

),

intervals as (

    select
        exception_id,
        valid_from,
        least(
            changed_at,
            case when state = 'waived' and not is_over and waived_until <= {{ as_of() }} then waived_until end
        ) as valid_to,
        -- What is over stays over, whatever is said of it later.
        case when is_over then 'resolved' else state end as state,
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
