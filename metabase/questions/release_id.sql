/*
name: Release
description: The release that this page reads; `gate_results` tells how it was audited.
collection: tracehouse
display: scalar
*/
select max(publication_id) as release
from marts.publications
