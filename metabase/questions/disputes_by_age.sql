/*
name: How old are the disputes?
description: Disputes by the age band of the policy in force when they were opened.
collection: adoption
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, billing_disputes, opened_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, billing_disputes, tenant_id]}
visualization_settings:
  graph.dimensions: [age_band]
  graph.metrics: [still_open, closed]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Disputes
  series_settings: {still_open: {color: "#dda032"}, closed: {color: "#46a37c"}}
  column_settings:
    '["name","age_band"]': {column_title: Age}
    '["name","still_open"]': {column_title: Open, number_style: decimal, decimals: 0}
    '["name","closed"]': {column_title: Closed, number_style: decimal, decimals: 0}
*/
select
    age_band,
    count(*) filter (where not is_closed) as still_open,
    count(*) filter (where is_closed) as closed
from marts.billing_disputes
where {{date}} and {{tenant}}
group by age_band
order by min(age_days) nulls last, age_band
