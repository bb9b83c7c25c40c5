-- A view, so that a release shows the alerts that its own run raised.
select
    *,
    case
        when closed_at is not null then 'closed'
        when acknowledged_at is not null then 'acknowledged'
        when escalated_at is not null then 'escalated'
        else 'open'
    end as state

from {{ ref('stg_alerts') }}
