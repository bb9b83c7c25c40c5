select string_agg(printf('%,d', n) || ' ' || rule_id, ', ' order by n desc) || ' open violations'
from (
    select rule_id, count(*) as n from marts.compliance_exceptions
    where state = 'open' and verdict = 'violation'
    group by rule_id
)
