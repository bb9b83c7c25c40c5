with

states as (

    select * from {{ ref('int_tenant_states') }}
    where not coalesce(is_cancelled, false) and valid_from < {{ as_of() }}

)

select
    tenant_id,
    cast(date_trunc('month', min(valid_from)) as date) as cohort_month

from states
group by 1
