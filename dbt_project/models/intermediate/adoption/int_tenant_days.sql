-- A tenant's day is what was in force when the day ended. Days run from the first snapshot of any tenant to the
-- as-of instant, or to the newest snapshot when that is later.
with

states as (

    select * from {{ ref('int_tenant_states') }}

),

snapshots as (

    select * from {{ ref('int_tenant_snapshots') }}

),

call_days as (

    select * from {{ ref('int_tenant_call_days') }}

),

snapshot_dates as (

    select
        min(snapshot_date) as first_date,
        max(snapshot_date) as last_date

    from snapshots

),

tenants as (

    select
        tenant_id,
        cast(min(valid_from) as date) as first_date

    from states
    group by 1

),

-- One day before the first one shown, so that its movements are known.
spans_of_days as (

    select
        tenants.tenant_id,
        coalesce(snapshot_dates.first_date, tenants.first_date) as first_shown_date,
        greatest(tenants.first_date, cast(snapshot_dates.first_date - interval 1 day as date)) as first_date,
        greatest(
            cast({{ as_of() }} - interval 1 microsecond as date),
            snapshot_dates.last_date
        ) as last_date

    from tenants
    cross join snapshot_dates

),

days as (

    select
        tenant_id,
        first_shown_date,
        {{ days_from_to('first_date', 'last_date') }} as snapshot_date

    from spans_of_days

),

in_force as (

    select
        days.tenant_id,
        days.first_shown_date,
        days.snapshot_date,
        case
            when states.valid_to is null then states.valid_from
            when states.valid_to >= days.snapshot_date + interval 1 day then states.valid_from
        end as state_from

    from days
    asof left join states
        on days.tenant_id = states.tenant_id
        and days.snapshot_date + interval 1 day > states.valid_from

),

described as (

    select
        in_force.tenant_id,
        in_force.first_shown_date,
        in_force.snapshot_date,
        coalesce(states.entitlement_tier, 'unknown') as entitlement_tier,
        states.tier_rank,
        states.status,
        states.is_cancelled,
        states.seats,
        states.active_users,
        states.mrr_usd,
        states.jurisdiction,
        states.home_region,
        coalesce(states.active_users >= 1, false) or call_days.tenant_id is not null as is_using,
        lag(states.is_cancelled ignore nulls) over tenant_so_far as was_cancelled,
        lag(states.tier_rank ignore nulls) over tenant_so_far as previous_rank,
        lag(states.entitlement_tier ignore nulls) over tenant_so_far as previous_tier

    from in_force
    left join states
        on in_force.tenant_id = states.tenant_id
        and in_force.state_from = states.valid_from
    left join call_days
        on in_force.tenant_id = call_days.tenant_id
        and in_force.snapshot_date = call_days.usage_date
    window tenant_so_far as (partition by in_force.tenant_id order by in_force.snapshot_date)

),

moved as (

    select
        snapshot_date,
        tenant_id,
        entitlement_tier,
        status,
        not coalesce(is_cancelled, false) as is_tenant,
        is_using and not coalesce(is_cancelled, false) as is_active,
        seats,
        active_users,
        mrr_usd,
        jurisdiction,
        home_region,
        {{ tier_movement('is_cancelled', 'was_cancelled', 'tier_rank', 'previous_rank') }} as movement,
        previous_tier

    from described
    where snapshot_date >= first_shown_date

)

select * from moved
