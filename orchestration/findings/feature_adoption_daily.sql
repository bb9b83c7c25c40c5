select
    'least used of what ' || entitlement_tier || ' tenants have: ' || kind || ' ' || name || ', on '
    || printf('%.0f', 100.0 * sum(adopting_tenants) / sum(enabled_tenants - use_unknown_tenants))
    || ' % of their days'
from marts.feature_adoption_daily
where is_premium_tier
group by entitlement_tier, kind, name
having sum(enabled_tenants - use_unknown_tenants) > 0
order by sum(adopting_tenants) / sum(enabled_tenants - use_unknown_tenants), entitlement_tier, kind, name
limit 1
