/*
name: Which decisions did a person override?
description: "The newest 25 overrides, with who did it and why, as far as that was told."
collection: compliance
display: table
parameters:
  date: {label: Date, type: date/all-options, field: [marts, decision_events, occurred_at]}
  tenant: {label: Tenant, type: string/=, field: [marts, decision_events, tenant_id]}
  agent: {label: Agent, type: string/=, field: [marts, decision_events, agent_name]}
visualization_settings:
  column_settings:
    '["name","occurred_at"]': {column_title: When (UTC)}
    '["name","policy_id"]': {column_title: Policy}
    '["name","policy_version"]': {column_title: Version}
    '["name","outcome"]': {column_title: Became}
    '["name","actor_id"]': {column_title: By}
    '["name","reason"]': {column_title: Reason}
    '["name","tenant_id"]': {column_title: Tenant}
    '["name","agent_name"]': {column_title: Agent}
    '["name","trace_url"]': {column_title: Trace, view_as: link, link_text: Open}
*/
select
    occurred_at,
    policy_id,
    policy_version,
    outcome,
    actor_id,
    reason,
    tenant_id,
    agent_name,
    trace_url
from marts.decision_events
where event_type = 'governance.decision.overridden' and {{date}} and {{tenant}} and {{agent}}
order by occurred_at desc, decision_id, sequence
limit 25
