-- Of two snapshots of a tenant and day the later counts; of two that were taken at one instant and differ, one is
-- taken by content, and whoever sends them should say which is right.
{{ config(severity='warn', group='platform', meta={'owner': 'revenue'}) }}

select
    tenant_id,
    snapshot_date,
    updated_at,
    count(distinct record_digest) as contents

from {{ ref('stg_usage_snapshots') }}
group by tenant_id, snapshot_date, updated_at
having count(distinct record_digest) > 1
