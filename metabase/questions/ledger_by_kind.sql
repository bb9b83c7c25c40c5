/*
name: What does the ledger hold?
description: Entries of the tamper-evident ledger by kind.
collection: compliance
display: row
parameters:
  date: {label: Date, type: date/all-options, field: [marts, ledger_entries, occurred_at]}
visualization_settings:
  graph.dimensions: [kind]
  graph.metrics: [entries]
  column_settings:
    '["name","kind"]': {column_title: Kind}
    '["name","entries"]': {column_title: Entries, number_style: decimal, decimals: 0}
*/
select
    kind,
    count(*) as entries
from marts.ledger_entries
where {{date}}
group by kind
order by entries desc, kind
