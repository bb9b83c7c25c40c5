select
    publication_id,
    mart,
    source as bronze_table,
    state

from {{ source('operations', 'mart_sources') }}
