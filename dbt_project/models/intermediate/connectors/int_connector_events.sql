-- Of copies of an event that disagree one counts, whichever came first. The others may have counted before it came.
select
    *,
    row_number() over (partition by source, event_id order by record_digest desc, load_id asc) = 1 as is_counted

from {{ ref('stg_connector_events') }}
where effective_at is not null
