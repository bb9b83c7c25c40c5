select
    strftime(month, '%Y-%m') || ': ' || concat_ws(
        ', ',
        eligible_tenants || ' eligible',
        trial_tenants || ' tried or paid (' || trial_skipped_tenants || ' without a trial)',
        paid_tenants || ' paid',
        coalesce(cast(active_premium_tenants as varchar), 'an unknown number of') || ' active premium'
    )
from marts.premium_funnel_monthly
where is_complete
order by month desc
limit 1
