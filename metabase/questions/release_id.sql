/*
name: Release
description: The release that this page reads.
collection: tracehouse
display: scalar
*/
select max(publication_id) as release from marts.publications
