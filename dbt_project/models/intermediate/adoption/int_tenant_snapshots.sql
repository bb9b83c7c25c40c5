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
        lead(snapshot_date) over tenant_so_far as next_snapshot_date,
        coalesce(
            mrr_amount = lag(mrr_amount) over tenant_so_far
            and mrr_currency = lag(mrr_currency) over tenant_so_far,
            false
        ) as is_priced_as_before

    from once
    window tenant_so_far as (partition by tenant_id order by snapshot_date)

),

-- As of subscriptions, the rate is that of the day on which the price changed.
priced as (

    select
        *,
        max(case when not is_priced_as_before then snapshot_date end) over (
            partition by tenant_id
            order by snapshot_date
            rows between unbounded preceding and current row
        ) as priced_on

    from followed

),

converted as (

    select
        priced.*,
        case
            when priced.is_cancelled or priced.mrr_amount = 0 then 0
            else {{ usd_of('priced.mrr_amount', 'rates.usd_per_unit') }}
        end as mrr_usd

    from priced
    asof left join rates
        on priced.mrr_currency = rates.currency
        and priced.priced_on >= rates.rate_date

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
    -- More than this is no number of people, and sums of it would fit no column.
    try_cast(seats as integer) as seats,
    try_cast(active_users as integer) as active_users,
    cast(mrr_usd as decimal(18, 2)) as mrr_usd,
    jurisdiction,
    home_region,
    trial_started_date,
    features_enabled,
    features_used,
    connectors_enabled,
    load_id

from converted
