-- Where a tenant's monthly recurring revenue changed, by how much and what that is called. While it is not known it
-- stays what it was. What is to come is none yet.
with

states as (

    select * from {{ ref('int_tenant_states') }}
    where mrr_usd is not null and valid_from < {{ as_of() }}

),

followed as (

    select
        tenant_id,
        valid_from as moved_at,
        mrr_usd,
        lag(mrr_usd, 1, 0) over (partition by tenant_id order by valid_from) as previous_mrr_usd,
        coalesce(
            max(mrr_usd) over (
                partition by tenant_id
                order by valid_from
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as highest_before

    from states

)

select
    tenant_id,
    moved_at,
    case
        when highest_before = 0 then 'new'
        when previous_mrr_usd = 0 then 'reactivation'
        when mrr_usd = 0 then 'churn'
        when mrr_usd > previous_mrr_usd then 'expansion'
        else 'contraction'
    end as movement,
    previous_mrr_usd,
    mrr_usd,
    cast(mrr_usd - previous_mrr_usd as decimal(18, 2)) as change_usd

from followed
where mrr_usd <> previous_mrr_usd
