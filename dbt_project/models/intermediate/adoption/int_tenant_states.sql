-- A state begins wherever a snapshot or a subscription change does, or where a snapshot is no longer carried. Tier,
-- status and revenue are the subscriptions', where there are any, else the snapshot's. What the snapshot says of them
-- is kept beside, since it may say otherwise.
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
        snapshots.entitlement_tier as snapshot_tier,
        case when snapshots.status is not null then snapshots.is_cancelled end as snapshot_is_cancelled,
        snapshots.mrr_usd as snapshot_mrr_usd,
        subscribed.is_subscribed,
        -- A snapshot tells of its own day alone; carried on it cannot know what changed since.
        subscribed.valid_from < cast(snapshots.snapshot_date + interval 1 day as timestamp) as is_of_snapshot_day,
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

),

-- What is unknown contradicts nothing, nor does the tier of one that has cancelled.
compared as (

    select
        *,
        is_subscribed
        and (
            coalesce(is_cancelled <> snapshot_is_cancelled, false)
            or (not is_cancelled and coalesce(recorded_tier <> snapshot_tier, false))
            or coalesce(mrr_usd <> snapshot_mrr_usd, false)
        ) as is_denied

    from described

),

-- At which hour of its day a snapshot was taken nobody knows: it is right if it was at any.
judged as (

    select
        *,
        case
            when is_of_snapshot_day
                then bool_and(is_denied) over (partition by tenant_id, snapshot_date, is_of_snapshot_day)
        end as has_disagreement

    from compared

)

select
    judged.tenant_id,
    judged.valid_from,
    judged.valid_to,
    coalesce(tiers.entitlement_tier, 'unknown') as entitlement_tier,
    tiers.rank as tier_rank,
    judged.recorded_tier,
    judged.status,
    judged.is_cancelled,
    judged.seats,
    judged.active_users,
    judged.mrr_usd,
    judged.jurisdiction,
    judged.home_region,
    judged.snapshot_date,
    judged.snapshot_tier,
    judged.snapshot_is_cancelled,
    judged.snapshot_mrr_usd,
    judged.has_disagreement,
    judged.is_contradicted,
    judged.load_id

from judged
left join tiers
    on judged.recorded_tier = tiers.entitlement_tier
    and judged.valid_from >= tiers.valid_from
    and (judged.valid_from < tiers.valid_to or tiers.valid_to is null)
