-- Source and id identify an event: two that share them and say different things are the sender's error. The one that
-- counts is taken by content.
{{ config(severity='warn', group='platform', meta={'owner': 'platform'}) }}

select
    source,
    event_id,
    count(distinct record_digest) as contents

from {{ ref('stg_events') }}
where format = 'cloudevents'
group by source, event_id
having count(distinct record_digest) > 1
