-- Tenants by the month in which they came, and how many of them were active in each month since. A month that is not
-- over, or that began before anybody's days are known, says nothing.
with

tenant_days as (

    select * from {{ ref('int_tenant_days') }}

),

cohorts as (

    select * from {{ ref('int_tenant_cohorts') }}

),

sizes as (

    select
        cohort_month,
        count(*) as cohort_tenants

    from cohorts
    group by 1

),

observed as (

    select
        min(snapshot_date) as first_day,
        cast(date_trunc('month', {{ as_of() }}) as date) as running_month

    from tenant_days

),

months as (

    select
        sizes.cohort_month,
        sizes.cohort_tenants,
        observed.first_day,
        observed.running_month,
        {{ months_from_to('sizes.cohort_month', as_of() ~ ' - interval 1 microsecond') }} as month

    from sizes
    cross join observed

),

active_months as (

    select distinct
        tenant_id,
        cast(date_trunc('month', snapshot_date) as date) as month

    from tenant_days
    where is_active

),

active as (

    select
        cohorts.cohort_month,
        active_months.month,
        count(*) as active_tenants

    from cohorts
    inner join active_months
        on cohorts.tenant_id = active_months.tenant_id
    group by 1, 2

),

counted as (

    select
        months.cohort_month,
        months.month,
        months.cohort_tenants,
        case
            when months.month >= months.first_day and months.month < months.running_month
                then coalesce(active.active_tenants, 0)
        end as active_tenants

    from months
    left join active
        on months.cohort_month = active.cohort_month
        and months.month = active.month

)

select
    cast(cohort_month as date) as cohort_month,
    cast(datediff('month', cohort_month, month) as integer) as months_since,
    cast(cohort_tenants as bigint) as cohort_tenants,
    cast(active_tenants as bigint) as active_tenants,
    cast(active_tenants as double) / cohort_tenants as retention_rate

from counted
