select
    'most refused connector: ' || connector_name || ', ' || printf('%,.0f', sum(policy_denials)) || ' of '
    || printf('%,.0f', sum(calls)) || ' calls denied'
from marts.connector_performance_daily
group by connector_name
having sum(policy_denials) > 0
order by sum(policy_denials) desc, connector_name
limit 1
