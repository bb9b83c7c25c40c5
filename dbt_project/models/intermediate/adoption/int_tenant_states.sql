-- A state begins wherever a snapshot or a subscription change does, or where a snapshot is no longer carried. Tier,
-- status and revenue are the subscriptions', where there are any, else the snapshot's.
with

snapshots as (

    select * from {{ ref('int_tenant_snapshots') }}

),

subscriptions as (

    select * from {{ ref('int_tenant_subscriptions') }}

),

tiers as (

    select * from {{ ref('tiers') }}

),

boundaries as (

    select
        tenant_id,
        valid_from,
        load_id

    from snapshots

    union all

    select
        tenant_id,
        valid_to as valid_from,
        load_id

    from snapshots
    where valid_to is not null

    union all

    select
        tenant_id,
        valid_from,
        load_id

    from subscriptions

),

instants as (

    select
        tenant_id,
        valid_from,
        max(load_id) as load_id

    from boundaries
    group by 1, 2

),

periods as (

    select
        tenant_id,
        valid_from,
        lead(valid_from) over (partition by tenant_id order by valid_from) as valid_to,
        greatest(
            load_id,
            lead(load_id, 1, load_id) over (partition by tenant_id order by valid_from)
        ) as load_id

    from instants

),

observed as (

    select
        periods.*,
        case
            when snapshots.valid_to is null or snapshots.valid_to > periods.valid_from then snapshots.snapshot_date
        end as snapshot_date

    from periods
    asof left join snapshots
        on periods.tenant_id = snapshots.tenant_id
        and periods.valid_from >= snapshots.valid_from

),

subscribed as (

    select
        observed.*,
        subscriptions.entitlement_tier,
        subscriptions.status,
        subscriptions.is_cancelled,
        subscriptions.seats,
        subscriptions.mrr_usd,
        subscriptions.tenant_id is not null as is_subscribed,
        coalesce(subscriptions.is_contradicted, false) as is_contradicted,
        coalesce(subscriptions.load_id, observed.load_id) as subscription_load_id

    from observed
    asof left join subscriptions
        on observed.tenant_id = subscriptions.tenant_id
        and observed.valid_from >= subscriptions.valid_from

),

described as (

    select
        subscribed.tenant_id,
        subscribed.valid_from,
        subscribed.valid_to,
        case
            when subscribed.is_subscribed then subscribed.entitlement_tier else snapshots.entitlement_tier
        end as recorded_tier,
        case when subscribed.is_subscribed then subscribed.status else snapshots.status end as status,
        case when subscribed.is_subscribed then subscribed.is_cancelled else snapshots.is_cancelled end as is_cancelled,
        coalesce(snapshots.seats, subscribed.seats) as seats,
        snapshots.active_users,
        case when subscribed.is_subscribed then subscribed.mrr_usd else snapshots.mrr_usd end as mrr_usd,
        snapshots.jurisdiction,
        snapshots.home_region,
        snapshots.snapshot_date,
        subscribed.is_contradicted,
        greatest(
            subscribed.load_id,
            subscribed.subscription_load_id,
            coalesce(snapshots.load_id, subscribed.load_id)
        ) as load_id

    from subscribed
    left join snapshots
        on subscribed.tenant_id = snapshots.tenant_id
        and subscribed.snapshot_date = snapshots.snapshot_date
    where subscribed.is_subscribed or snapshots.tenant_id is not null

)

select
    described.tenant_id,
    described.valid_from,
    described.valid_to,
    coalesce(tiers.entitlement_tier, 'unknown') as entitlement_tier,
    tiers.rank as tier_rank,
    described.recorded_tier,
    described.status,
    described.is_cancelled,
    described.seats,
    described.active_users,
    described.mrr_usd,
    described.jurisdiction,
    described.home_region,
    described.snapshot_date,
    described.is_contradicted,
    described.load_id

from described
left join tiers
    on described.recorded_tier = tiers.entitlement_tier
    and described.valid_from >= tiers.valid_from
    and (described.valid_from < tiers.valid_to or tiers.valid_to is null)
