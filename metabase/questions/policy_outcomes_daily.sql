/*
name: What do policies decide?
description: "Decisions a day, and how many of them somebody overrode later."
collection: compliance
display: combo
parameters:
  date: {label: Date, type: date/all-options, field: [marts, policy_outcomes_daily, usage_date]}
  tenant: {label: Tenant, type: string/=, field: [marts, policy_outcomes_daily, tenant_id]}
visualization_settings:
  graph.dimensions: [usage_date]
  graph.metrics: [allowed, denied, redacted, overridden]
  stackable.stack_type: stacked
  series_settings: {allowed: {display: bar, color: "#46a37c"}, denied: {display: bar, color: "#dda032"}, redacted: {display: bar, color: "#5b8fd0"}, overridden: {display: line, color: "#8c6bc0"}}
  graph.y_axis.title_text: Decisions a day
  column_settings:
    '["name","usage_date"]': {column_title: Day (UTC)}
    '["name","allowed"]': {column_title: Allowed, number_style: decimal, decimals: 0}
    '["name","denied"]': {column_title: Denied, number_style: decimal, decimals: 0}
    '["name","redacted"]': {column_title: Redacted, number_style: decimal, decimals: 0}
    '["name","overridden"]': {column_title: Overridden, number_style: decimal, decimals: 0}
*/
select
    usage_date,
    sum(decisions) filter (where decision = 'allow') as allowed,
    sum(decisions) filter (where decision = 'deny') as denied,
    sum(decisions) filter (where decision = 'redact') as redacted,
    sum(overridden) as overridden
from marts.policy_outcomes_daily
where {{date}} and {{tenant}}
group by usage_date
order by usage_date
