select
    count(*) filter (movement = 'upgrade') || ' upgrades, ' || count(*) filter (movement = 'downgrade') || ' downgrades, '
    || count(*) filter (movement = 'churn') || ' churned'
from marts.tenant_tier_history
