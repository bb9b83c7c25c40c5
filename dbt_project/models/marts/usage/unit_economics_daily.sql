{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_revenue()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days(days_of_new_revenue()) %}

with

calls as (

    select *
    from {{ ref('int_tiered_calls') }}
    where {{ in_days('usage_date', days) }}

),

metric_usage as (

    select *
    from {{ ref('int_priced_metric_usage') }}
    where {{ in_days('usage_date', days) }}

),

runs as (

    select *
    from {{ ref('int_agent_runs') }}
    where
        {{ in_days('usage_date', days) }}
        and operation_name = 'invoke_agent'
        and not is_synthetic

),

tenant_days as (

    select *
    from {{ ref('int_tenant_days') }}
    where {{ in_days('snapshot_date', days) }}

),

tiered_runs as (

    {{ with_tier_in_force('runs', 'entitlement_tier') }}

),

-- A failed call that reported no usage is charged by nobody; any other without a cost has one that is not known.
costs as (

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        sampling_weight as requests,
        case when is_usage_known and not is_priced then sampling_weight else 0 end as unpriced_requests,
        case when cost_usd is null and (is_usage_known or not is_failed) then sampling_weight else 0 end
            as uncosted_requests,
        sampling_weight * cost_usd as cost_usd

    from calls

    union all

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        requests,
        case when is_usage_known and cost_usd is null then coalesce(requests, 1) else 0 end as unpriced_requests,
        case when cost_usd is null then coalesce(requests, 1) else 0 end as uncosted_requests,
        cost_usd

    from metric_usage

),

spent as (

    select
        usage_date,
        coalesce(tenant_id, 'unknown') as tenant_id,
        entitlement_tier,
        sum(requests) as requests,
        sum(unpriced_requests) as unpriced_requests,
        sum(uncosted_requests) as uncosted_requests,
        case when sum(uncosted_requests) = 0 then coalesce(sum(cost_usd), 0) else sum(cost_usd) end as cost_usd

    from costs
    group by 1, 2, 3

),

outcomes as (

    select
        usage_date,
        coalesce(tenant_id, 'unknown') as tenant_id,
        tier_in_force as entitlement_tier,
        coalesce(sum(sampling_weight) filter (where agent_outcome = 'accepted'), 0) as accepted_outcomes,
        coalesce(sum(sampling_weight) filter (where agent_outcome is not null), 0) as known_outcomes

    from tiered_runs
    group by 1, 2, 3

),

-- The month is paid for in equal days, each in the tier in which it ended.
earned as (

    select
        snapshot_date as usage_date,
        tenant_id,
        entitlement_tier,
        is_tenant,
        cast(mrr_usd / day(last_day(snapshot_date)) as decimal(38, 9)) as mrr_usd_per_day

    from tenant_days

),

keys as (

    select
        usage_date,
        tenant_id,
        entitlement_tier
    from spent
    union
    select
        usage_date,
        tenant_id,
        entitlement_tier
    from outcomes
    union
    select
        usage_date,
        tenant_id,
        entitlement_tier
    from earned
    where is_tenant

),

-- On a day of two tiers the revenue stands in one of them and is zero in the other. Without a call there is no cost.
joined as (

    select
        keys.usage_date,
        keys.tenant_id,
        keys.entitlement_tier,
        case when spent.tenant_id is null then 0 else spent.requests end as requests,
        coalesce(spent.unpriced_requests, 0) as unpriced_requests,
        coalesce(spent.uncosted_requests, 0) as uncosted_requests,
        cast(case when spent.tenant_id is null then 0 else spent.cost_usd end as decimal(38, 9)) as cost_usd,
        case
            when keys.entitlement_tier = earned.entitlement_tier then earned.mrr_usd_per_day
            when earned.mrr_usd_per_day is not null then 0
        end as mrr_usd_per_day,
        coalesce(outcomes.accepted_outcomes, 0) as accepted_outcomes,
        coalesce(outcomes.known_outcomes, 0) as known_outcomes

    from keys
    left join spent
        on keys.usage_date = spent.usage_date
        and keys.tenant_id = spent.tenant_id
        and keys.entitlement_tier = spent.entitlement_tier
    left join outcomes
        on keys.usage_date = outcomes.usage_date
        and keys.tenant_id = outcomes.tenant_id
        and keys.entitlement_tier = outcomes.entitlement_tier
    left join earned
        on keys.usage_date = earned.usage_date
        and keys.tenant_id = earned.tenant_id

)

select
    cast(usage_date as date) as usage_date,
    cast(tenant_id as varchar) as tenant_id,
    cast(entitlement_tier as varchar) as entitlement_tier,
    cast(requests as double) as requests,
    cast(unpriced_requests as double) as unpriced_requests,
    cast(uncosted_requests as double) as uncosted_requests,
    cost_usd,
    cast(mrr_usd_per_day as decimal(38, 9)) as mrr_usd_per_day,
    cast(case when uncosted_requests = 0 then mrr_usd_per_day - cost_usd end as decimal(38, 9))
        as gross_margin_usd,
    cast(accepted_outcomes as double) as accepted_outcomes,
    cast(known_outcomes as double) as known_outcomes,
    cast(
        case when uncosted_requests = 0 then cast(cost_usd as double) / nullif(cast(accepted_outcomes as double), 0) end
        as decimal(38, 9)
    ) as cost_per_accepted_outcome

from joined
