-- States of one tier that follow each other are one interval. Where the tenant's state is not known, between two
-- states or since the last one, the tier is 'unknown'. What is to come may end an interval, but begins none yet.
with

states as (

    select * from {{ ref('int_tenant_states') }}

),

followed as (

    select
        *,
        lead(valid_from) over (partition by tenant_id order by valid_from) as next_valid_from

    from states

),

gaps as (

    select
        tenant_id,
        valid_to as valid_from,
        next_valid_from as valid_to

    from followed
    where valid_to < coalesce(next_valid_from, {{ as_of() }})

),

timeline as (

    select
        tenant_id,
        valid_from,
        valid_to,
        entitlement_tier,
        tier_rank,
        is_cancelled,
        mrr_usd,
        snapshot_tier,
        has_disagreement

    from states

    union all

    select
        tenant_id,
        valid_from,
        valid_to,
        'unknown' as entitlement_tier,
        null as tier_rank,
        null as is_cancelled,
        null as mrr_usd,
        null as snapshot_tier,
        null as has_disagreement

    from gaps

),

compared as (

    select
        *,
        coalesce(
            lag(entitlement_tier) over tenant_so_far = entitlement_tier
            and lag(is_cancelled) over tenant_so_far = is_cancelled,
            false
        ) as is_continued,
        lag(is_cancelled ignore nulls) over tenant_so_far as was_cancelled,
        lag(tier_rank ignore nulls) over tenant_so_far as previous_rank

    from timeline
    window tenant_so_far as (partition by tenant_id order by valid_from)

),

numbered as (

    select
        *,
        count(case when not is_continued then 1 end) over (
            partition by tenant_id
            order by valid_from
            rows between unbounded preceding and current row
        ) as interval_number

    from compared

),

ended as (

    select
        *,
        last_value(valid_to) over (
            partition by tenant_id, interval_number
            order by valid_from
            rows between unbounded preceding and unbounded following
        ) as interval_valid_to

    from numbered

),

begun as (

    select
        *,
        last_value(mrr_usd) over states_of_interval as latest_mrr_usd,
        bool_or(has_disagreement) over states_of_interval as has_any_disagreement,
        -- The last word of those that disagree, else of all; a carried snapshot has none.
        coalesce(
            last_value(case when has_disagreement then snapshot_tier end ignore nulls) over states_of_interval,
            last_value(case when has_disagreement is not null then snapshot_tier end ignore nulls)
                over states_of_interval
        ) as latest_snapshot_tier

    from ended
    where valid_from < {{ as_of() }}
    window
        states_of_interval as (
            partition by tenant_id, interval_number
            order by valid_from
            rows between unbounded preceding and unbounded following
        )

),

intervals as (

    select
        tenant_id,
        valid_from,
        interval_valid_to as valid_to,
        entitlement_tier,
        {{ tier_movement('is_cancelled', 'was_cancelled', 'tier_rank', 'previous_rank') }} as movement,
        latest_mrr_usd as mrr_usd,
        latest_snapshot_tier as tier_by_snapshot,
        has_any_disagreement as has_disagreement

    from begun
    where not is_continued

)

select
    cast(tenant_id as varchar) as tenant_id,
    cast(valid_from as timestamp) as valid_from,
    cast(valid_to as timestamp) as valid_to,
    cast(entitlement_tier as varchar) as entitlement_tier,
    cast(movement as varchar) as movement,
    cast(mrr_usd as decimal(18, 2)) as mrr_usd,
    cast(tier_by_snapshot as varchar) as tier_by_snapshot,
    cast(has_disagreement as boolean) as has_disagreement

from intervals
