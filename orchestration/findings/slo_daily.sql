select
    'most burnt budget: ' || slo_name || ' (' || environment || '), ' || printf('%,.0f', 100 * error_budget_remaining)
    || ' % left of its window on ' || usage_date
from marts.slo_daily
where error_budget_remaining is not null
order by error_budget_remaining, usage_date, slo_name, environment
limit 1
