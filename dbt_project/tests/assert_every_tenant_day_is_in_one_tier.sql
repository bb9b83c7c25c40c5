with

adopted as (

    select
        snapshot_date,
        sum(tenants) as tenants

    from {{ ref('tier_adoption_daily') }}
    group by 1

),

tenant_days as (

    select
        snapshot_date,
        count(*) as tenants

    from {{ ref('int_tenant_days') }}
    where is_tenant
    group by 1

)

select
    coalesce(adopted.snapshot_date, tenant_days.snapshot_date) as snapshot_date,
    adopted.tenants as adopted_tenants,
    tenant_days.tenants as known_tenants

from adopted
full outer join tenant_days on adopted.snapshot_date = tenant_days.snapshot_date
where coalesce(adopted.tenants, 0) <> coalesce(tenant_days.tenants, 0)
