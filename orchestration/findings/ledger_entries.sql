select printf('%,d', sum(n)::bigint) || ' entries: ' || string_agg(printf('%,d', n) || ' ' || kind, ', ' order by n desc, kind)
from (select kind, count(*) as n from marts.ledger_entries group by kind)
