-- Start and end are what the tenants' states say at the two instants, not sums of movements, so that the identity can
-- fail. Months run from the first change to the as-of instant, whose month is not over.
with

changes as (

    select * from {{ ref('int_mrr_changes') }}

),

known_states as (

    select * from {{ ref('int_tenant_states') }}
    where mrr_usd is not null

),

bounds as (

    select
        date_trunc('month', min(moved_at)) as first_month,
        date_trunc('month', {{ as_of() }} - interval 1 microsecond) as last_month

    from changes

),

months as (

    select {{ months_from_to('first_month', 'last_month') }} as month
    from bounds

),

edges as (

    select
        month,
        cast(month as timestamp) as begins_at,
        least(cast(month + interval 1 month as timestamp), {{ as_of() }}) as ends_at

    from months

),

tenants as (

    select distinct tenant_id from known_states

),

held as (

    select
        edges.month,
        before.mrr_usd as start_usd,
        after.mrr_usd as end_usd

    from edges
    cross join tenants
    asof left join known_states as before
        on tenants.tenant_id = before.tenant_id
        and edges.begins_at > before.valid_from
    asof left join known_states as after
        on tenants.tenant_id = after.tenant_id
        and edges.ends_at > after.valid_from

),

at_the_edges as (

    select
        month,
        coalesce(sum(start_usd), 0) as start_mrr_usd,
        coalesce(sum(end_usd), 0) as end_mrr_usd,
        count(case when end_usd > 0 then 1 end) as paying_tenants

    from held
    group by 1

),

moved as (

    select
        cast(date_trunc('month', moved_at) as date) as month,
        sum(case when movement = 'new' then change_usd else 0 end) as new_mrr_usd,
        sum(case when movement = 'expansion' then change_usd else 0 end) as expansion_mrr_usd,
        sum(case when movement = 'reactivation' then change_usd else 0 end) as reactivation_mrr_usd,
        -sum(case when movement = 'contraction' then change_usd else 0 end) as contraction_mrr_usd,
        -sum(case when movement = 'churn' then change_usd else 0 end) as churn_mrr_usd

    from changes
    group by 1

)

select
    cast(at_the_edges.month as date) as month,
    cast(at_the_edges.start_mrr_usd as decimal(18, 2)) as start_mrr_usd,
    cast(coalesce(moved.new_mrr_usd, 0) as decimal(18, 2)) as new_mrr_usd,
    cast(coalesce(moved.expansion_mrr_usd, 0) as decimal(18, 2)) as expansion_mrr_usd,
    cast(coalesce(moved.reactivation_mrr_usd, 0) as decimal(18, 2)) as reactivation_mrr_usd,
    cast(coalesce(moved.contraction_mrr_usd, 0) as decimal(18, 2)) as contraction_mrr_usd,
    cast(coalesce(moved.churn_mrr_usd, 0) as decimal(18, 2)) as churn_mrr_usd,
    cast(at_the_edges.end_mrr_usd as decimal(18, 2)) as end_mrr_usd,
    cast(at_the_edges.paying_tenants as bigint) as paying_tenants

from at_the_edges
left join moved
    on at_the_edges.month = moved.month
