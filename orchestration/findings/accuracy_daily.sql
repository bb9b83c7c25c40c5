with weeks as (
    select
        agent_name,
        evaluator,
        sum(mean_score * evaluations) filter (evaluation_date < middle) / sum(evaluations) filter (evaluation_date < middle) as earlier,
        sum(mean_score * evaluations) filter (evaluation_date >= middle) / sum(evaluations) filter (evaluation_date >= middle) as later
    from marts.accuracy_daily, (select median(evaluation_date)::date as middle from marts.accuracy_daily)
    group by all
)
select
    'agent that got worse: ' || agent_name || ', ' || evaluator || ' ' || printf('%.2f', earlier) || ' in the first half, '
    || printf('%.2f', later) || ' in the second'
from weeks
where later < earlier
order by later - earlier
limit 1
