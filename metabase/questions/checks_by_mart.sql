/*
name: How well is each mart checked?
description: >-
  Checks of the newest audit by mart and outcome: what dbt tested and what was expected of the rows.
collection: reliability
display: row
parameters:
  mart: {label: Mart, type: string/=, field: [marts, gate_results, mart]}
visualization_settings:
  graph.dimensions: [mart]
  graph.metrics: [passed, warned, failed]
  stackable.stack_type: stacked
  series_settings: {passed: {color: "#46a37c"}, warned: {color: "#dda032"}, failed: {color: "#d2564f"}}
  column_settings:
    '["name","mart"]': {column_title: Mart}
    '["name","passed"]': {column_title: Passed, number_style: decimal, decimals: 0}
    '["name","warned"]': {column_title: Warned, number_style: decimal, decimals: 0}
    '["name","failed"]': {column_title: Failed, number_style: decimal, decimals: 0}
*/
select
    mart,
    count(*) filter (where outcome = 'passed') as passed,
    count(*) filter (where outcome = 'warned') as warned,
    count(*) filter (where outcome in ('failed', 'error')) as failed
from marts.gate_results
where publication_id = (select max(publication_id) from marts.gate_results) and {{mart}}
group by mart
order by failed desc, count(*) desc, mart
