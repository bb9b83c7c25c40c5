select
    'dearest meter: ' || any_value(SkuMeter) || ' of ' || split_part(SkuId, '/', 2) || ', $'
    || printf('%,.2f', sum(BilledCost)) || ' of $' || printf('%,.2f', sum(sum(BilledCost)) over ())
from marts.focus_charges_daily
group by SkuId
order by sum(BilledCost) desc
limit 1
