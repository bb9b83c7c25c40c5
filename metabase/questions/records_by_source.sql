/*
name: What became of the records?
description: >-
  Records landed, put into quarantine, and not landed again because their file had landed before.
collection: reliability
display: table
visualization_settings:
  column_settings:
    '["name","source"]': {column_title: Source}
    '["name","last_event_at"]': {column_title: Newest record (UTC)}
    '["name","rows_landed"]': {column_title: Landed, number_style: decimal, decimals: 0}
    '["name","rows_quarantined"]': {column_title: Quarantined, number_style: decimal, decimals: 0}
    '["name","rows_duplicate"]': {column_title: Repeated, number_style: decimal, decimals: 0}
    '["name","gate_state"]': {column_title: Gate}
*/
select
    source,
    last_event_at,
    rows_landed,
    rows_quarantined,
    rows_duplicate,
    gate_state
from marts.pipeline_health
order by source
