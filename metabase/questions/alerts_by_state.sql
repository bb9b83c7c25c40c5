/*
name: Are alerts answered?
description: "Alerts by who is told, and what became of them."
collection: compliance
display: bar
parameters:
  date: {label: Date, type: date/all-options, field: [marts, governance_alerts, window_start]}
  rule: {label: Rule, type: string/=, field: [marts, governance_alerts, rule_id]}
visualization_settings:
  graph.dimensions: [audience]
  graph.metrics: [open_alerts, escalated, acknowledged, closed]
  stackable.stack_type: stacked
  graph.y_axis.title_text: Alerts
  series_settings: {open_alerts: {color: "#dda032"}, escalated: {color: "#d2564f"}, acknowledged: {color: "#5b8fd0"}, closed: {color: "#46a37c"}}
  column_settings:
    '["name","audience"]': {column_title: Audience}
    '["name","open_alerts"]': {column_title: Open, number_style: decimal, decimals: 0}
    '["name","escalated"]': {column_title: Escalated, number_style: decimal, decimals: 0}
    '["name","acknowledged"]': {column_title: Acknowledged, number_style: decimal, decimals: 0}
    '["name","closed"]': {column_title: Closed, number_style: decimal, decimals: 0}
*/
select
    audience,
    count(*) filter (where state = 'open') as open_alerts,
    count(*) filter (where state = 'escalated') as escalated,
    count(*) filter (where state = 'acknowledged') as acknowledged,
    count(*) filter (where state = 'closed') as closed
from marts.governance_alerts
where {{date}} and {{rule}}
group by audience
order by audience
