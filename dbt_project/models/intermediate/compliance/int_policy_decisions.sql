-- Each decision once, as it was sent: copies of an event have one time, so days are pruned. What a later event made of
-- it stands in int_decision_overrides.
select *
from {{ ref('stg_policy_decisions') }}
qualify row_number() over (
    partition by event_date, source, event_id
    order by record_digest desc, load_id asc
) = 1
