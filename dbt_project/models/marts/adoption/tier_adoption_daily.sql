with

tenant_days as (

    select * from {{ ref('int_tenant_days') }}

),

-- A tenant that left is counted where it left from.
placed as (

    select
        *,
        case when movement = 'churn' then previous_tier else entitlement_tier end as tier

    from tenant_days
    where is_tenant or movement = 'churn'

),

daily as (

    select
        snapshot_date,
        tier as entitlement_tier,
        count(case when is_tenant then 1 end) as tenants,
        count(case when is_active then 1 end) as active_tenants,
        sum(case when is_tenant then seats end) as seats,
        sum(case when is_tenant then active_users end) as active_users,
        sum(case when is_tenant then mrr_usd end) as mrr_usd,
        count(case when movement = 'new' then 1 end) as new_tenants,
        count(case when movement = 'upgrade' then 1 end) as upgraded_in,
        count(case when movement = 'downgrade' then 1 end) as downgraded_in,
        count(case when movement = 'churn' then 1 end) as churned_tenants

    from placed
    group by 1, 2

)

select
    cast(snapshot_date as date) as snapshot_date,
    cast(entitlement_tier as varchar) as entitlement_tier,
    cast(tenants as bigint) as tenants,
    cast(active_tenants as bigint) as active_tenants,
    cast(seats as bigint) as seats,
    cast(active_users as bigint) as active_users,
    cast(mrr_usd as decimal(18, 2)) as mrr_usd,
    cast(new_tenants as bigint) as new_tenants,
    cast(upgraded_in as bigint) as upgraded_in,
    cast(downgraded_in as bigint) as downgraded_in,
    cast(churned_tenants as bigint) as churned_tenants

from daily
