/*
name: How many checks failed?
description: Checks of the newest audit with the outcome failed or error; a warning is none.
collection: reliability
display: scalar
visualization_settings:
  column_settings:
    '["name","failed_checks"]': {column_title: Failed checks, number_style: decimal, decimals: 0}
*/
select count(*) filter (where outcome in ('failed', 'error')) as failed_checks
from marts.gate_results
where publication_id = (select max(publication_id) from marts.gate_results)
