-- Each event about a file of the vault once: copies of an event have one time, so days are pruned. Probes do not count.
select *
from {{ ref('stg_vault_events') }}
qualify
    row_number() over (
        partition by event_date, source, event_id
        order by record_digest desc, load_id asc
    ) = 1
    and not is_synthetic
