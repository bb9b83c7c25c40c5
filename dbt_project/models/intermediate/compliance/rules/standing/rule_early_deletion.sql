-- A file was deleted before the policy allows it, or while a legal hold covered it.
with

files as (

    select *
    from {{ ref('int_governed_files') }}
    where deleted_at is not null
    -- The policy in force then, else the last one before.
    qualify row_number() over (partition by tenant_id, vault_path, life order by starts_at desc nulls last) = 1

),

judged as (

    select
        *,
        'vault_file' as record_kind,
        {{ key_of(['tenant_id', 'vault_path', 'life']) }} as record_id,
        cast(deleted_at as date) as usage_date,
        deleted_at as started_at,
        {{ dbt.dateadd('day', 'early_delete_days', 'created_at') }} as may_go_from,
        {{ json_object({
            'data_class': 'data_class',
            'created_at': 'created_at',
            'deleted_at': 'deleted_at',
            'early_delete_days': 'early_delete_days',
            'is_held': 'is_held_when_deleted',
        }) }} as evidence

    from files

),

decided as (

    select
        *,
        case
            when is_held_when_deleted then 'violation'
            when policy_version is null or not is_newest or created_at is null then 'unknown'
            when deleted_at < may_go_from then 'violation'
            else 'compliant'
        end as verdict

    from judged

)

select {{ judgement() }}
from decided
