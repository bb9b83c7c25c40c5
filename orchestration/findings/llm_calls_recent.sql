select
    'dearest call: $' || printf('%.4f', cost_usd) || ', ' || agent_name || ' on ' || model || ', trace ' || trace_id
from marts.llm_calls_recent
where cost_usd is not null
order by cost_usd desc, call_id
limit 1
