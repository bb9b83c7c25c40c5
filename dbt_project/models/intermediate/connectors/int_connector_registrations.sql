-- What an event says of premium holds until the next one of the connector that says it; for whom it was sent and where
-- does not matter to that.
with

events as (

    select * from {{ ref('int_connector_events') }}

),

told as (

    select *
    from events
    where is_counted and is_premium is not null
    qualify row_number() over (
        partition by connector_name, effective_at
        order by occurred_at desc, record_digest desc
    ) = 1

)

select
    connector_name,
    effective_at as valid_from,
    is_premium

from told
