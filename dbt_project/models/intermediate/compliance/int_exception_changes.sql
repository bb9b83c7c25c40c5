-- What people did about exceptions, each act once.
select *
from {{ ref('stg_exception_events') }}
where occurred_at <= {{ as_of() }}
qualify row_number() over (partition by source, event_id order by record_digest desc, load_id asc) = 1
