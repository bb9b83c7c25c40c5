select
    table_name,
    event_date,
    sender,
    load_id

from {{ source('governance', 'personal_data_scanned') }}
