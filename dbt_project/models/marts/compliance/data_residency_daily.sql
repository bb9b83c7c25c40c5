{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_verdicts()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

select
    cast(usage_date as date) as usage_date,
    cast(coalesce(tenant_id, 'unknown') as varchar) as tenant_id,
    cast(coalesce(jurisdiction, 'unknown') as varchar) as jurisdiction,
    cast(coalesce(region, 'unknown') as varchar) as region,
    cast(count(case when act = 'processing' then 1 end) as bigint) as requests,
    cast(count(case when act = 'processing' and verdict = 'compliant' then 1 end) as bigint) as allowed,
    cast(count(case when act = 'processing' and verdict = 'violation' then 1 end) as bigint) as violations,
    cast(count(case when act = 'processing' and verdict = 'unknown' then 1 end) as bigint) as unknown,
    cast(count(case when act = 'storage' then 1 end) as bigint) as stored,
    cast(count(case when act = 'storage' and verdict = 'violation' then 1 end) as bigint) as storage_violations,
    cast(count(case when act = 'storage' and verdict = 'unknown' then 1 end) as bigint) as storage_unknown

from {{ ref('int_residency') }}
where {{ in_days('usage_date', affected_days(days_of_new_verdicts())) }}
group by 1, 2, 3, 4
