select
    printf('%,d', sum(tenants)::bigint) || ' tenants on ' || strftime(snapshot_date, '%Y-%m-%d') || ', '
    || printf('%,d', sum(active_tenants)::bigint) || ' active, MRR $' || printf('%,.0f', sum(mrr_usd))
from marts.tier_adoption_daily
where snapshot_date = (select max(snapshot_date) from marts.tier_adoption_daily where mrr_usd is not null)
group by snapshot_date
