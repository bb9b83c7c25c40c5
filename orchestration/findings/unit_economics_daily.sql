select
    'an accepted outcome cost $' || printf('%.4f', sum(cost_usd) / nullif(sum(accepted_outcomes), 0)) || ' where all costs are known ('
    || printf('%,d', count(*)) || ' tenant days)'
from marts.unit_economics_daily
where uncosted_requests = 0 and accepted_outcomes > 0
