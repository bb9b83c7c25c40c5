/*
name: What is charged for?
description: >-
  US dollars by FOCUS meter: the classes of tokens. Usage without a price is no charge.
collection: usage
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, focus_charges_daily, ChargePeriodStart]}
visualization_settings:
  graph.dimensions: [meter]
  graph.metrics: [billed_cost_usd]
  column_settings:
    '["name","meter"]': {column_title: Meter}
    '["name","billed_cost_usd"]': {column_title: Billed, number_style: currency, currency: USD, decimals: 2}
    '["name","list_cost_usd"]': {column_title: At list prices, number_style: currency, currency: USD, decimals: 2}
*/
select
    "SkuMeter" as meter,
    sum("BilledCost") as billed_cost_usd,
    sum("ListCost") as list_cost_usd
from marts.focus_charges_daily
where {{date}}
group by "SkuMeter"
order by billed_cost_usd desc, meter
