/*
name: What moved recurring revenue in the newest month?
description: >-
  US dollars: the start, each movement, and by their sum the end of the newest month
  whose first day is among the days chosen.
collection: adoption
display: waterfall
parameters:
  date: {label: Date, type: date/all-options, field: [marts, mrr_movements_monthly, month]}
visualization_settings:
  graph.dimensions: [movement]
  graph.metrics: [mrr_usd]
  waterfall.show_total: true
  column_settings:
    '["name","movement"]': {column_title: Movement}
    '["name","mrr_usd"]': {column_title: Revenue a month, number_style: currency, currency: USD, decimals: 2}
*/
with

months as (

    select *
    from marts.mrr_movements_monthly
    where {{date}}

),

newest as (

    select *
    from months
    where month = (select max(month) from months)

),

steps as (

    select 1 as step, 'Start' as movement, start_mrr_usd as mrr_usd from newest
    union all
    select 2, 'New', new_mrr_usd from newest
    union all
    select 3, 'Expansion', expansion_mrr_usd from newest
    union all
    select 4, 'Reactivation', reactivation_mrr_usd from newest
    union all
    select 5, 'Contraction', -contraction_mrr_usd from newest
    union all
    select 6, 'Churn', -churn_mrr_usd from newest

)

select
    movement,
    mrr_usd
from steps
order by step
