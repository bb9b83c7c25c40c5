-- A record without a time is judged on the day on which it landed, and only if something was found in it.
select
    event_date as usage_date,
    load_id

from {{ ref('stg_personal_data_scanned') }}
where event_date is not null

union

select
    coalesce(event_date, cast(ingested_at as date)) as usage_date,
    load_id

from {{ ref('stg_personal_data_findings') }}
