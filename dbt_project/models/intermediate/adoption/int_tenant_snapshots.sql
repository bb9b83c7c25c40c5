-- A snapshot tells of its own day and is carried forward for 7 more, or until the next one. A tenant that
-- cancelled stays so.
with

snapshots as (

    select * from {{ ref('stg_usage_snapshots') }}

),

rates as (

    select * from {{ ref('exchange_rates') }}

),

once as (

    select *
    from snapshots
    qualify row_number() over (
        partition by tenant_id, snapshot_date
        order by updated_at desc nulls last, record_digest desc, load_id asc
    ) = 1

),

followed as (

    select
        *,
        coalesce(status = 'cancelled', false) as is_cancelled,
        lead(snapshot_date) over (partition by tenant_id order by snapshot_date) as next_snapshot_date

    from once

),

converted as (

    select
        followed.*,
        case
            when followed.is_cancelled then 0
            else cast(followed.mrr_amount * rates.usd_per_unit as decimal(18, 2))
        end as mrr_usd

    from followed
    asof left join rates
        on followed.mrr_currency = rates.currency
        and followed.snapshot_date >= rates.rate_date

)

select
    tenant_id,
    snapshot_date,
    cast(snapshot_date as timestamp) as valid_from,
    cast(
        case
            when is_cancelled then next_snapshot_date
            else least(next_snapshot_date, snapshot_date + interval 8 day)
        end as timestamp
    ) as valid_to,
    tenant_name,
    entitlement_tier,
    status,
    is_cancelled,
    seats,
    active_users,
    cast(mrr_usd as decimal(18, 2)) as mrr_usd,
    jurisdiction,
    home_region,
    load_id

from converted
