/*
name: Newest event (UTC)
description: When the newest record of any source happened. What came later is not in this release.
collection: tracehouse
display: scalar
*/
select max(last_event_at) as newest_event from marts.pipeline_health
