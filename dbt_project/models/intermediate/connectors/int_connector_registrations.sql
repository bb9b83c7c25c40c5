-- A registration holds until the next one of the connector that says whether it is premium; for whom it was registered
-- and where does not matter to that.
with

registrations as (

    select * from {{ ref('stg_connector_registrations') }}

),

once as (

    select
        * exclude (load_id),
        max(load_id) over (partition by source, event_id) as load_id

    from registrations
    qualify row_number() over (partition by source, event_id order by record_digest desc, load_id asc) = 1

),

told as (

    select *
    from once
    where is_premium is not null and effective_at is not null
    qualify row_number() over (
        partition by connector_name, effective_at
        order by occurred_at desc, record_digest desc
    ) = 1

)

select
    connector_name,
    effective_at as valid_from,
    is_premium,
    load_id

from told
