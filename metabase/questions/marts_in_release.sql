/*
name: What is in this release?
description: Each mart with its state and rows; a held one shows its last good version.
collection: reliability
display: table
parameters:
  mart: {label: Mart, type: string/=, field: [marts, publications, mart]}
visualization_settings:
  column_settings:
    '["name","mart"]': {column_title: Mart}
    '["name","state"]': {column_title: State}
    '["name","row_count"]': {column_title: Rows, number_style: decimal, decimals: 0}
    '["name","published_at"]': {column_title: Published (UTC)}
*/
select
    mart,
    state,
    row_count,
    published_at
from marts.publications
where publication_id = (select max(publication_id) from marts.publications) and {{mart}}
order by state, mart
