-- Calls of the newest 30 UTC days; the last of them holds the microsecond before the as-of instant.
with

calls as (

    select * from {{ ref('int_tiered_calls') }}
    where usage_date >= {{ first_recent_day(as_of()) }}

)

select * from calls
