-- A file was kept for longer than the policy allows and no legal hold covered it. Each version of the policy judges
-- from the day it was in force; a hold that came too late ends the breach.
with

files as (

    select * from {{ ref('int_governed_files') }}

),

judged as (

    select
        *,
        'vault_file' as record_kind,
        {{ key_of(['tenant_id', 'vault_path', 'life']) }} as record_id,
        case
            when policy_version is null or breached_from is null then 'unknown'
            when breached_from >= judged_until then 'compliant'
            when is_held and coalesce(held_from <= breached_from, true) then 'compliant'
            else 'violation'
        end as verdict,
        {{ json_object({
            'data_class': 'data_class',
            'created_at': 'created_at',
            'deleted_at': 'deleted_at',
            'keep_days': 'keep_days',
            'is_held': 'is_held',
        }) }} as evidence

    from files

),

placed as (

    select
        *,
        case when verdict = 'violation' then breached_from else coalesce(created_at, judged_until) end as started_at,
        case
            when verdict = 'violation' and is_held then held_from
            when verdict = 'violation' and is_over then judged_until
        end as ended_at

    from judged

),

dated as (

    select
        *,
        cast(started_at as date) as usage_date

    from placed

),

-- Rows of one version may follow each other, that of a jurisdiction and that of all.
first_breaches as (

    select *
    from dated
    qualify row_number() over (
        partition by record_id, policy_version
        order by (verdict = 'violation') desc, started_at
    ) = 1

)

select {{ judgement(ended_at='ended_at') }}
from first_breaches
