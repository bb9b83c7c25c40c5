select printf(
    '%d tenants by the month they came in; months of activity known as a whole: %d',
    coalesce(sum(cohort_tenants) filter (months_since = 0), 0)::bigint,
    count(retention_rate)
)
from marts.tenant_retention_cohorts
