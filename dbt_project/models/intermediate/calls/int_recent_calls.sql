-- Calls of the newest 30 UTC days; the last of them holds the microsecond before the as-of instant.
with

calls as (

    select * from {{ ref('int_tiered_calls') }}
    where {{ is_recent_day('usage_date') }}

)

select * from calls
