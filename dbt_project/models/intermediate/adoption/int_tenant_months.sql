-- How far a tenant had come when a month ended: what was in force then, and what had ever been told of it by then.
with

states as (

    select * from {{ ref('int_tenant_states') }}

),

snapshots as (

    select * from {{ ref('int_tenant_snapshots') }}

),

cohorts as (

    select * from {{ ref('int_tenant_cohorts') }}

),

tenant_days as (

    select * from {{ ref('int_tenant_days') }}

),

tiers as (

    select * from {{ ref('tiers') }}

),

told_trials as (

    select
        tenant_id,
        cast(trial_started_date as timestamp) as started_at

    from snapshots
    where trial_started_date is not null

    union all

    select
        tenant_id,
        valid_from as started_at

    from states
    where status = 'trialing'

),

first_trials as (

    select
        tenant_id,
        min(started_at) as started_at

    from told_trials
    group by 1

),

first_statuses as (

    select
        tenant_id,
        min(valid_from) as told_at

    from states
    where status is not null
    group by 1

),

known_days as (

    select min(snapshot_date) as first_day
    from tenant_days

),

-- The last four weeks of a month: as long in each, and each day of the week four times.
last_weeks as (

    select
        tenant_id,
        cast(date_trunc('month', snapshot_date) as date) as month,
        bool_or(is_active) as is_active

    from tenant_days
    where snapshot_date >= last_day(snapshot_date) - 27
    group by 1, 2

),

months as (

    select
        tenant_id,
        {{ months_from_to('cohort_month', as_of() ~ ' - interval 1 microsecond') }} as month

    from cohorts

),

edges as (

    select
        months.tenant_id,
        months.month,
        cast(months.month + interval 1 month as timestamp) as ends_at,
        known_days.first_day

    from months
    cross join known_days

),

standing as (

    select
        edges.*,
        coalesce(states.valid_to is null or states.valid_to >= edges.ends_at, false) as is_known,
        states.entitlement_tier,
        states.is_cancelled,
        states.mrr_usd

    from edges
    asof left join states
        on edges.tenant_id = states.tenant_id
        and edges.ends_at > states.valid_from

),

described as (

    select
        standing.tenant_id,
        standing.month,
        standing.ends_at <= {{ as_of() }} as is_complete,
        not coalesce(standing.is_known and standing.is_cancelled, false) as is_tenant,
        coalesce(first_trials.started_at < standing.ends_at, false) as has_told_trial,
        coalesce(first_statuses.told_at < standing.ends_at, false) as has_told_status,
        case when standing.is_known then standing.mrr_usd > 0 end as is_paying,
        case when standing.is_known then tiers.is_premium end as is_premium,
        case
            when standing.first_day <= standing.ends_at - interval 28 day then coalesce(last_weeks.is_active, false)
        end as is_active

    from standing
    left join first_trials
        on standing.tenant_id = first_trials.tenant_id
    left join first_statuses
        on standing.tenant_id = first_statuses.tenant_id
    left join last_weeks
        on standing.tenant_id = last_weeks.tenant_id
        and standing.month = last_weeks.month
    left join tiers
        on standing.entitlement_tier = tiers.entitlement_tier
        and standing.ends_at > tiers.valid_from
        and (tiers.valid_to is null or standing.ends_at <= tiers.valid_to)

)

-- Who pays has come past the trial, whether or not it had one.
select
    tenant_id,
    month,
    is_complete,
    is_tenant,
    case
        when has_told_trial or is_paying then true
        when has_told_status and not is_paying then false
    end as has_reached_trial,
    not has_told_trial and coalesce(is_paying, false) as has_skipped_trial,
    is_paying,
    is_premium,
    is_active,
    is_paying and is_premium and is_active as is_active_premium

from described
