select printf('%,d', sum(violations)::bigint) || ' of ' || printf('%,d', sum(requests)::bigint) || ' calls were processed where their data may not be, '
    || printf('%,d', sum(storage_violations)::bigint) || ' of ' || printf('%,d', sum(stored)::bigint) || ' stored'
from marts.data_residency_daily
