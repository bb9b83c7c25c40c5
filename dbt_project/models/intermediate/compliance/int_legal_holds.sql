-- From when to when a hold keeps what it covers. A null tenant or data class covers all of them.
with

events as (

    select *
    from {{ ref('stg_hold_events') }}
    where occurred_at <= {{ as_of() }}
    qualify row_number() over (partition by source, event_id order by record_digest desc, load_id asc) = 1

),

changes as (

    select
        *,
        lead(occurred_at) over changes_of_hold as changed_at,
        lead(event_type) over changes_of_hold as changed_to

    from events
    window
        changes_of_hold as (
            partition by hold_id
            -- What is placed and released in one instant is released.
            order by occurred_at, event_type, record_digest
        )

)

select
    hold_id,
    tenant_id,
    data_class,
    reason,
    occurred_at as placed_at,
    changed_at as released_at,
    load_id

from changes
where event_type = 'governance.hold.placed' and (changed_at is null or changed_at > occurred_at)
