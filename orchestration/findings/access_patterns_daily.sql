select printf('%,d', sum(accesses)::bigint) || ' ' || resource_kind || ' accesses, ' || printf('%,d', sum(denied)::bigint) || ' denied'
from marts.access_patterns_daily
group by resource_kind
order by resource_kind desc
limit 1
