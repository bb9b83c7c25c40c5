select
    'least covered: ' || attribute || ' on ' || service_name || ', ' || printf('%.0f', 100.0 * sum(present) / sum(spans)) || ' % of '
    || printf('%,d', sum(spans)::bigint) || ' spans'
from marts.attribute_coverage_daily
group by attribute, service_name
order by sum(present) / sum(spans), sum(spans) desc, attribute, service_name
limit 1
