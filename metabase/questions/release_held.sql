/*
name: Marts held
description: Marts that failed their audit and show their last good version; 0 is as it should be.
collection: tracehouse
display: scalar
visualization_settings:
  column_settings:
    '["name","held"]': {column_title: Held, number_style: decimal, decimals: 0}
*/
select count(*) filter (where state = 'held') as held
from marts.publications
where publication_id = (select max(publication_id) from marts.publications)
