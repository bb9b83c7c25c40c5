/*
name: How many tenants become active premium?
description: >-
  Tenants in each stage when the newest complete month ended; each stage is a part of the one before.
  docs/revenue.md says what each means. Its first day is among the days chosen.
collection: adoption
display: funnel
parameters:
  date: {label: Date, type: date/all-options, field: [marts, premium_funnel_monthly, month]}
visualization_settings:
  funnel.dimension: stage
  funnel.metric: tenants
  column_settings:
    '["name","stage"]': {column_title: Stage}
    '["name","tenants"]': {column_title: Tenants, number_style: decimal, decimals: 0}
*/
with

months as (

    select *
    from marts.premium_funnel_monthly
    where is_complete and {{date}}

),

newest as (

    select *
    from months
    where month = (select max(month) from months)

),

stages as (

    select 1 as place, 'Eligible' as stage, eligible_tenants as tenants from newest
    union all
    select 2, 'Began a trial or pays', trial_tenants from newest
    union all
    select 3, 'Pays', paid_tenants from newest
    union all
    select 4, 'Active premium', active_premium_tenants from newest

)

select
    stage,
    tenants
from stages
order by place
