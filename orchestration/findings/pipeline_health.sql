select
    printf('%,d', sum(rows_landed)::bigint) || ' records landed, ' || sum(rows_quarantined)::bigint || ' quarantined, '
    || sum(rows_duplicate)::bigint || ' duplicates'
from marts.pipeline_health
