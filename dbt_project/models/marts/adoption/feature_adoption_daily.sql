{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_adoption()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days(days_of_new_adoption()) %}
with

tenant_days as (

    select * from {{ ref('int_tenant_days') }}
    where {{ in_days('snapshot_date', days) }}

),

snapshots as (

    select * from {{ ref('int_tenant_snapshots') }}

),

measures as (

    select * from {{ ref('int_connector_measures') }}
    where {{ in_days('usage_date', days) }}

),

enablements as (

    select * from {{ ref('int_connector_enablements') }}

),

registrations as (

    select * from {{ ref('int_connector_registrations') }}

),

tiers as (

    select * from {{ ref('tiers') }}

),

-- What a snapshot says is enabled is believed for seven more days, what it says was used on its own day alone.
believed as (

    select
        tenant_days.snapshot_date as usage_date,
        tenant_days.tenant_id,
        tenant_days.entitlement_tier,
        coalesce(snapshots.valid_to is null or snapshots.valid_to > tenant_days.snapshot_date, false) as is_believed,
        tenant_days.snapshot_date = snapshots.snapshot_date as is_of_the_day,
        snapshots.features_enabled,
        snapshots.features_used,
        snapshots.connectors_enabled

    from tenant_days
    asof left join snapshots
        on tenant_days.tenant_id = snapshots.tenant_id
        and tenant_days.snapshot_date >= snapshots.snapshot_date
    where tenant_days.is_tenant

),

-- A list that was not told is unknown; an empty one says none.
lists as (

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        'feature' as kind,
        case when is_believed then features_enabled end as enabled,
        case when is_of_the_day then features_used end as used

    from believed

    union all

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        'connector' as kind,
        case when is_believed then connectors_enabled end as enabled,
        null as used

    from believed

),

untold as (

    select
        usage_date,
        entitlement_tier,
        kind,
        count(*) as enabled_unknown_tenants

    from lists
    where enabled is null
    group by usage_date, entitlement_tier, kind

),

listed_names as (

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        kind,
        kind = 'feature' and used is null as is_use_unknown,
        {{ unnest_list('enabled') }}

    from lists

),

-- What events say of a tenant's connector when the day ended: enabled is what is so in any environment.
told_by_events as (

    select
        lists.usage_date,
        lists.tenant_id,
        lists.entitlement_tier,
        lists.kind,
        lists.enabled is null as is_unlisted,
        enablements.connector_name as name,
        bool_or(enablements.is_enabled) as is_enabled

    from lists
    inner join enablements
        on lists.tenant_id = enablements.tenant_id
        and lists.usage_date + interval 1 day > enablements.valid_from
        and (enablements.valid_to is null or lists.usage_date + interval 1 day <= enablements.valid_to)
    where lists.kind = 'connector'
    group by
        lists.usage_date,
        lists.tenant_id,
        lists.entitlement_tier,
        lists.kind,
        lists.enabled is null,
        enablements.connector_name

),

-- They know better than the list of a snapshot.
enabled_names as (

    select
        listed_names.usage_date,
        listed_names.tenant_id,
        listed_names.entitlement_tier,
        listed_names.kind,
        listed_names.value as name,
        listed_names.is_use_unknown

    from listed_names
    left join told_by_events
        on listed_names.usage_date = told_by_events.usage_date
        and listed_names.tenant_id = told_by_events.tenant_id
        and listed_names.kind = told_by_events.kind
        and listed_names.value = told_by_events.name
    where told_by_events.name is null

    union all

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        kind,
        name,
        false as is_use_unknown

    from told_by_events
    where is_enabled

),

told_without_list as (

    select
        usage_date,
        entitlement_tier,
        kind,
        name,
        count(*) as tenants

    from told_by_events
    where is_unlisted
    group by usage_date, entitlement_tier, kind, name

),

used_features as (

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        kind,
        {{ unnest_list('used') }}

    from lists
    where kind = 'feature'

),

connector_days as (

    select
        usage_date,
        tenant_id,
        connector_name,
        sum(cast(calls as decimal(28, 6))) as calls,
        sum(cast(policy_denials as decimal(28, 6))) as policy_denials

    from measures
    group by usage_date, tenant_id, connector_name

),

-- A call that policy refused is a call and no use.
told as (

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        kind,
        name,
        true as is_enabled,
        false as is_used,
        is_use_unknown,
        cast(null as decimal(28, 6)) as calls

    from enabled_names

    union all

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        kind,
        value as name,
        false as is_enabled,
        true as is_used,
        false as is_use_unknown,
        cast(null as decimal(28, 6)) as calls

    from used_features

    union all

    select
        connector_days.usage_date,
        connector_days.tenant_id,
        coalesce(tenant_days.entitlement_tier, 'unknown') as entitlement_tier,
        'connector' as kind,
        connector_days.connector_name as name,
        false as is_enabled,
        connector_days.calls > connector_days.policy_denials as is_used,
        false as is_use_unknown,
        connector_days.calls

    from connector_days
    left join tenant_days
        on connector_days.tenant_id = tenant_days.tenant_id
        and connector_days.usage_date = tenant_days.snapshot_date

),

tenants as (

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        kind,
        name,
        bool_or(is_enabled) as is_enabled,
        bool_or(is_used) as is_used,
        bool_or(is_use_unknown) as is_use_unknown,
        sum(calls) as calls

    from told
    group by usage_date, tenant_id, entitlement_tier, kind, name

),

-- A call whose tenant nobody knows is of no tenant that could be counted.
counted as (

    select
        usage_date,
        entitlement_tier,
        kind,
        name,
        count(case when is_enabled then 1 end) as enabled_tenants,
        count(case when is_used and tenant_id != 'unknown' then 1 end) as using_tenants,
        count(case when is_enabled and is_used then 1 end) as adopting_tenants,
        count(case when is_use_unknown then 1 end) as use_unknown_tenants,
        case when kind = 'connector' then coalesce(sum(calls), 0) end as calls

    from tenants
    group by usage_date, entitlement_tier, kind, name

),

described as (

    select
        counted.*,
        registrations.is_premium

    from counted
    asof left join registrations
        on case when counted.kind = 'connector' then counted.name end = registrations.connector_name
        and counted.usage_date + interval 1 day > registrations.valid_from

)

select
    cast(described.usage_date as date) as usage_date,
    cast(described.entitlement_tier as varchar) as entitlement_tier,
    cast(described.kind as varchar) as kind,
    cast(described.name as varchar) as name,
    described.is_premium,
    tiers.is_premium as is_premium_tier,
    cast(described.enabled_tenants as bigint) as enabled_tenants,
    cast(described.using_tenants as bigint) as using_tenants,
    cast(described.adopting_tenants as bigint) as adopting_tenants,
    cast(
        coalesce(untold.enabled_unknown_tenants, 0) - coalesce(told_without_list.tenants, 0) as bigint
    ) as enabled_unknown_tenants,
    cast(described.use_unknown_tenants as bigint) as use_unknown_tenants,
    cast(described.calls as double) as calls,
    cast(described.adopting_tenants as double)
    / nullif(described.enabled_tenants - described.use_unknown_tenants, 0) as adoption_rate

from described
left join untold
    on described.usage_date = untold.usage_date
    and described.entitlement_tier = untold.entitlement_tier
    and described.kind = untold.kind
left join told_without_list
    on described.usage_date = told_without_list.usage_date
    and described.entitlement_tier = told_without_list.entitlement_tier
    and described.kind = told_without_list.kind
    and described.name = told_without_list.name
left join tiers
    on described.entitlement_tier = tiers.entitlement_tier
    and described.usage_date + interval 1 day > tiers.valid_from
    and (tiers.valid_to is null or described.usage_date + interval 1 day <= tiers.valid_to)
order by described.usage_date
