select
    printf('%,d', sum(review_approved)::bigint) || ' of ' || printf('%,d', sum(steps)::bigint) || ' reviews approved; longest wait '
    || arg_max(agent_name, p95_ms) || ', worst daily p95 ' || printf('%,.0f', max(p95_ms) / 60000) || ' min'
from marts.agent_steps_daily
where step_kind = 'review'
