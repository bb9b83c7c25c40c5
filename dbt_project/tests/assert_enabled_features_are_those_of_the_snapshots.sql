-- Where use is known the snapshot is the day's own, so each of its enabled features is counted once on that day.
with

told as (

    select
        snapshots.snapshot_date,
        snapshots.tenant_id,
        {{ unnest_list('snapshots.features_enabled') }}

    from {{ ref('int_tenant_snapshots') }} as snapshots
    inner join {{ ref('int_tenant_days') }} as tenant_days
        on snapshots.tenant_id = tenant_days.tenant_id
        and snapshots.snapshot_date = tenant_days.snapshot_date
    where tenant_days.is_tenant and snapshots.features_used is not null

),

once as (

    select
        snapshot_date,
        tenant_id,
        value

    from told
    group by snapshot_date, tenant_id, value

),

expected as (

    select
        snapshot_date as usage_date,
        count(*) as enabled

    from once
    group by snapshot_date

),

counted as (

    select
        usage_date,
        sum(enabled_tenants - use_unknown_tenants) as enabled

    from {{ ref('feature_adoption_daily') }}
    where kind = 'feature'
    group by usage_date

)

select
    coalesce(expected.usage_date, counted.usage_date) as usage_date,
    expected.enabled as told_by_snapshots,
    counted.enabled as in_the_mart

from expected
full join counted
    on expected.usage_date = counted.usage_date
where coalesce(expected.enabled, 0) != coalesce(counted.enabled, 0)
