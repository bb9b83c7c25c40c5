-- Start, new, expansion and reactivation, less contraction and churn, is end, to the cent; and a month starts where
-- the one before it ended.
with

months as (

    select
        *,
        lag(end_mrr_usd) over (order by month) as previous_end_usd

    from {{ ref('mrr_movements_monthly') }}

)

select * from months
where
    start_mrr_usd + new_mrr_usd + expansion_mrr_usd + reactivation_mrr_usd - contraction_mrr_usd - churn_mrr_usd
    <> end_mrr_usd
    or start_mrr_usd <> coalesce(previous_end_usd, 0)
