select
    'newest: ' || service_name || ' ' || service_version || ' in ' || environment || ' since ' || strftime(first_seen_at, '%Y-%m-%d')
from marts.deployments
order by first_seen_at desc, service_name, environment
limit 1
