select
    tenant_id,
    valid_from,
    valid_to

from {{ ref('tenant_tier_history') }}
qualify
    valid_to <= valid_from
    or coalesce(valid_to, timestamp '9999-12-31') > lead(valid_from) over (partition by tenant_id order by valid_from)
