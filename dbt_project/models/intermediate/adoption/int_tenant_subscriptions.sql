-- What a tenant's subscriptions say together from each change on: the highest tier of those not cancelled and the
-- sum of their revenue.
with

changes as (

    select * from {{ ref('int_subscription_changes') }}

),

tiers as (

    select * from {{ ref('tiers') }}

),

rates as (

    select * from {{ ref('exchange_rates') }}

),

-- Copies of one event that disagree: what the losing copy once said may have reached any of the tenant's days.
compared as (

    select
        *,
        min(record_digest) over copies_of_event <> max(record_digest) over copies_of_event as is_contradicted

    from changes
    window copies_of_event as (partition by source, event_id)

),

marked as (

    select
        *,
        max(case when is_contradicted then load_id end) over (partition by tenant_id) as contradicted_load_id

    from compared

),

once as (

    select *
    from marked
    qualify row_number() over (partition by source, event_id order by record_digest desc, load_id asc) = 1

),

followed as (

    select
        *,
        status = 'cancelled' as is_cancelled,
        lead(effective_at) over (
            partition by tenant_id, subscription_id
            order by effective_at, occurred_at, record_digest
        ) as next_effective_at

    from once

),

standing as (

    select
        *,
        coalesce(
            not is_cancelled
            and not lag(is_cancelled) over subscription_so_far
            and mrr_amount = lag(mrr_amount) over subscription_so_far
            and currency = lag(currency) over subscription_so_far,
            false
        ) as is_priced_as_before

    from followed
    where next_effective_at is null or next_effective_at > effective_at
    window subscription_so_far as (partition by tenant_id, subscription_id order by effective_at)

),

-- The rate is that of the day on which the price changed, so that rates alone move no revenue.
priced as (

    select
        *,
        max(case when not is_priced_as_before then effective_at end) over (
            partition by tenant_id, subscription_id
            order by effective_at
            rows between unbounded preceding and current row
        ) as priced_at

    from standing

),

converted as (

    select
        priced.tenant_id,
        priced.subscription_id,
        priced.effective_at,
        priced.next_effective_at,
        priced.entitlement_tier,
        priced.status,
        priced.is_cancelled,
        priced.seats,
        case
            when priced.is_cancelled or priced.mrr_amount = 0 then 0
            else {{ usd_of('priced.mrr_amount', 'rates.usd_per_unit') }}
        end as mrr_usd,
        priced.contradicted_load_id is not null as is_contradicted,
        greatest(priced.load_id, coalesce(priced.contradicted_load_id, priced.load_id)) as load_id

    from priced
    asof left join rates
        on priced.currency = rates.currency
        and cast(priced.priced_at as date) >= rates.rate_date

),

instants as (

    select distinct
        tenant_id,
        effective_at as valid_from

    from converted

),

in_force as (

    select
        instants.valid_from,
        converted.*,
        tiers.rank as tier_rank

    from instants
    inner join converted
        on instants.tenant_id = converted.tenant_id
        and instants.valid_from >= converted.effective_at
        and (instants.valid_from < converted.next_effective_at or converted.next_effective_at is null)
    left join tiers
        on converted.entitlement_tier = tiers.entitlement_tier
        and instants.valid_from >= tiers.valid_from
        and (instants.valid_from < tiers.valid_to or tiers.valid_to is null)

),

together as (

    select
        *,
        sum(case when not is_cancelled then seats end) over at_the_instant as all_seats,
        sum(mrr_usd) over at_the_instant as all_mrr_usd,
        count(*) over at_the_instant = count(mrr_usd) over at_the_instant as is_mrr_known,
        max(load_id) over at_the_instant as newest_load_id,
        bool_or(is_contradicted) over at_the_instant as has_contradiction

    from in_force
    window at_the_instant as (partition by tenant_id, valid_from)
    qualify row_number() over (
        partition by tenant_id, valid_from
        order by is_cancelled asc, tier_rank desc nulls last, effective_at desc, subscription_id asc
    ) = 1

)

select
    tenant_id,
    valid_from,
    entitlement_tier,
    status,
    is_cancelled,
    try_cast(all_seats as integer) as seats,
    cast(try_cast(case when is_mrr_known then all_mrr_usd end as decimal(12, 2)) as decimal(18, 2)) as mrr_usd,
    has_contradiction as is_contradicted,
    newest_load_id as load_id

from together
