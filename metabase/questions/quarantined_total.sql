/*
name: How many records are in quarantine?
description: "Records that could not land, those replayed since among them."
collection: reliability
display: scalar
visualization_settings:
  column_settings:
    '["name","rows_quarantined"]': {column_title: Quarantined, number_style: decimal, decimals: 0}
*/
select cast(sum(rows_quarantined) as bigint) as rows_quarantined
from marts.pipeline_health
