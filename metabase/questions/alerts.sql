/*
name: Which alerts wait for an answer?
description: "The first 40 alerts that are not closed, the severest on top, then the newest, with a trace behind each."
collection: compliance
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, governance_alerts, window_start]}
  rule: {label: Rule, type: string/=, field: [marts, governance_alerts, rule_id]}
visualization_settings:
  column_settings:
    '["name","window_start"]': {column_title: From (UTC)}
    '["name","severity"]': {column_title: Severity}
    '["name","audience"]': {column_title: Told}
    '["name","rule_id"]': {column_title: Rule}
    '["name","state"]': {column_title: State}
    '["name","subject"]': {column_title: About}
    '["name","summary"]': {column_title: What crossed}
    '["name","exceptions"]': {column_title: Exceptions, number_style: decimal, decimals: 0}
    '["name","trace_url"]': {column_title: Trace, view_as: link, link_text: Open}
    '["name","runbook_url"]': {column_title: Runbook, view_as: link, link_text: Open}
*/
select
    window_start,
    severity,
    audience,
    rule_id,
    state,
    subject,
    summary,
    exceptions,
    trace_url,
    runbook_url
from marts.governance_alerts
where state <> 'closed' and {{date}} and {{rule}}
order by
    case severity when 'critical' then 1 when 'high' then 2 when 'medium' then 3 else 4 end,
    window_start desc, alert_id
limit 40
