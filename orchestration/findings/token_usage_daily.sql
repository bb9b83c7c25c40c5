select
    'dearest agent: ' || agent_name || ', $' || printf('%,.2f', sum(cost_usd)) || ' for '
    || printf('%,d', cast(sum(total_tokens) as bigint)) || ' tokens'
from marts.token_usage_daily
group by agent_name
having sum(cost_usd) is not null
order by sum(cost_usd) desc
limit 1
