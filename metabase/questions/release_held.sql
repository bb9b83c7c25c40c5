/*
name: Marts held
description: Marts that failed their audit and still show their last good version; 0 is as it should be.
collection: tracehouse
display: scalar
*/
select count(*) filter (where state = 'held') as held
from marts.publications
where publication_id = (select max(publication_id) from marts.publications)
