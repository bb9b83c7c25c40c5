/*
name: Which checks did not pass?
description: The newest 40 warnings and failures of audits. Empty is as it should be.
collection: reliability
display: table
parameters:
  mart: {label: Mart, type: string/=, field: [marts, gate_results, mart]}
visualization_settings:
  column_settings:
    '["name","checked_at"]': {column_title: Checked (UTC)}
    '["name","mart"]': {column_title: Mart}
    '["name","check_name"]': {column_title: Check}
    '["name","outcome"]': {column_title: Outcome}
    '["name","observed"]': {column_title: Seen}
    '["name","expected"]': {column_title: Expected}
    '["name","message"]': {column_title: Message}
*/
select
    checked_at,
    mart,
    check_name,
    outcome,
    observed,
    expected,
    message
from marts.gate_results
where outcome <> 'passed' and {{mart}}
order by publication_id desc, outcome, mart, check_name
limit 40
