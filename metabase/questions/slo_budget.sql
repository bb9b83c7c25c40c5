/*
name: How much error budget is left?
description: >-
  Share of the failures that the window allows and that is left, on the newest day of each objective;
  below zero the promise is broken. Environments stand apart.
collection: reliability
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, slo_daily, usage_date]}
  environment: {label: Environment, type: string/=, field: [marts, slo_daily, environment]}
visualization_settings:
  graph.dimensions: [objective]
  graph.metrics: [error_budget_remaining]
  column_settings:
    '["name","objective"]': {column_title: Objective}
    '["name","error_budget_remaining"]': {column_title: Error budget left, number_style: percent, decimals: 1}
*/
with

days as (

    select
        slo_name,
        environment,
        error_budget_remaining,
        row_number() over (partition by slo_name, environment order by usage_date desc) as age

    from marts.slo_daily
    where {{date}} and {{environment}}

)

select
    slo_name || ' · ' || environment as objective,
    error_budget_remaining
from days
where age = 1
order by error_budget_remaining nulls last, objective
