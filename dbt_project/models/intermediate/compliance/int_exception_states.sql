-- What people said of an exception last. A waiver ends by itself.
with

events as (

    select * from {{ ref('stg_exception_events') }}
    where occurred_at <= {{ as_of() }}

),

newest as (

    select *
    from events
    qualify row_number() over (partition by exception_id order by occurred_at desc, record_digest desc) = 1

)

select
    exception_id,
    case
        when event_type = 'governance.exception.resolved' then 'resolved'
        when event_type = 'governance.exception.acknowledged' then 'acknowledged'
        when waived_until > {{ as_of() }} then 'waived'
        else 'open'
    end as state

from newest
