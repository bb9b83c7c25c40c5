select printf(
    '%d cohorts of %d tenants; %d whole months known',
    count(distinct cohort_month),
    coalesce(sum(cohort_tenants) filter (months_since = 0), 0)::bigint,
    count(retention_rate)
)
from marts.tenant_retention_cohorts
