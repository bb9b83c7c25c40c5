-- Each stage is a part of the one before, so a later one is never larger. A month that is not over says nothing.
with

tenant_months as (

    select * from {{ ref('int_tenant_months') }}

),

counted as (

    select
        month,
        bool_and(is_complete) as is_complete,
        count(case when is_tenant then 1 end) as eligible_tenants,
        count(case when is_tenant and has_reached_trial then 1 end) as trial_tenants,
        count(case when is_tenant and has_reached_trial is null then 1 end) as trial_unknown_tenants,
        count(case when is_tenant and has_skipped_trial then 1 end) as trial_skipped_tenants,
        count(case when is_tenant and is_paying then 1 end) as paid_tenants,
        count(case when is_tenant and has_reached_trial and is_paying is null then 1 end) as paid_unknown_tenants,
        count(case when is_tenant and is_active_premium then 1 end) as active_premium_tenants,
        count(case when is_tenant and is_paying and is_active_premium is null then 1 end)
            as active_premium_unknown_tenants,
        -- Days are known for all tenants or for none of them.
        bool_or(is_active is not null) as is_activity_known

    from tenant_months
    group by 1

),

shown as (

    select
        month,
        is_complete,
        case when is_complete then eligible_tenants end as eligible_tenants,
        case when is_complete then trial_tenants end as trial_tenants,
        case when is_complete then trial_unknown_tenants end as trial_unknown_tenants,
        case when is_complete then trial_skipped_tenants end as trial_skipped_tenants,
        case when is_complete then paid_tenants end as paid_tenants,
        case when is_complete then paid_unknown_tenants end as paid_unknown_tenants,
        case when is_complete and is_activity_known then active_premium_tenants end as active_premium_tenants,
        case when is_complete then active_premium_unknown_tenants end as active_premium_unknown_tenants

    from counted

)

-- Of those of whom it is known.
select
    cast(month as date) as month,
    is_complete,
    cast(eligible_tenants as bigint) as eligible_tenants,
    cast(trial_tenants as bigint) as trial_tenants,
    cast(trial_unknown_tenants as bigint) as trial_unknown_tenants,
    cast(trial_skipped_tenants as bigint) as trial_skipped_tenants,
    cast(paid_tenants as bigint) as paid_tenants,
    cast(paid_unknown_tenants as bigint) as paid_unknown_tenants,
    cast(active_premium_tenants as bigint) as active_premium_tenants,
    cast(active_premium_unknown_tenants as bigint) as active_premium_unknown_tenants,
    cast(trial_tenants as double) / nullif(eligible_tenants - trial_unknown_tenants, 0) as trial_rate,
    cast(paid_tenants as double) / nullif(trial_tenants - paid_unknown_tenants, 0) as paid_rate,
    cast(active_premium_tenants as double) / nullif(paid_tenants - active_premium_unknown_tenants, 0)
        as active_premium_rate

from shown
