/*
name: How many marts are published?
description: Marts of this release whose newest version passed its audit.
collection: reliability
display: scalar
visualization_settings:
  column_settings:
    '["name","published"]': {column_title: Published, number_style: decimal, decimals: 0}
*/
select count(*) filter (where state = 'published') as published
from marts.publications
where publication_id = (select max(publication_id) from marts.publications)
