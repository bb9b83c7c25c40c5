select
    'slowest agent: ' || agent_name || ', worst daily p95 ' || printf('%,.0f', max(p95_ms)) || ' ms (' || operation_name || ')'
from marts.latency_daily
where metric_name = 'duration' and agent_name != 'unknown' and observed_requests >= 20
group by agent_name, operation_name
order by max(p95_ms) desc
limit 1
