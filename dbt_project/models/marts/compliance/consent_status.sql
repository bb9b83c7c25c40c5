-- Consent at the as-of instant, by the newest event of a tenant, purpose and subject.
with

consents as (

    select *
    from {{ ref('int_consents') }}
    where
        valid_from <= {{ as_of() }}
        and (valid_to > {{ as_of() }} or valid_to is null)

),

policies as (

    select * from {{ ref('policy_consent') }}

),

-- The policy of the purpose and jurisdiction, else of the purpose, else of the jurisdiction, else of all.
governed as (

    select
        consents.*,
        policies.renewal_notice_days,
        least(
            consents.expires_at,
            {{ dbt.dateadd('day', 'policies.max_age_days', 'consents.valid_from') }}
        ) as ends_at

    from consents
    left join policies
        on policies.purpose in (consents.purpose, '*')
        and policies.jurisdiction in (consents.jurisdiction, '*')
        and {{ in_force('policies', as_of()) }}
    qualify row_number() over (
        partition by consents.tenant_id, consents.subject_id, consents.purpose
        order by
            (policies.purpose != '*') desc,
            (policies.jurisdiction != '*') desc,
            policies.policy_id asc
    ) = 1

)

select
    cast(tenant_id as varchar) as tenant_id,
    -- A subject whose name was dropped is not the tenant.
    cast(case subject_id when '' then 'unknown' else coalesce(subject_id, 'tenant') end as varchar) as subject_key,
    cast(purpose as varchar) as purpose,
    cast(
        case
            when consent_status = 'granted' and ends_at <= {{ as_of() }} then 'expired'
            else consent_status
        end as varchar
    ) as status,
    cast(case when consent_status = 'granted' then valid_from end as timestamp) as granted_at,
    cast(case when consent_status = 'granted' then ends_at end as timestamp) as expires_at,
    cast(
        case
            when consent_status = 'granted'
                then datediff('day', cast({{ as_of() }} as date), cast(ends_at as date))
        end as bigint
    ) as days_to_expiry,
    cast(
        consent_status = 'granted'
        and ends_at > {{ as_of() }}
        and {{ dbt.dateadd('day', '-renewal_notice_days', 'ends_at') }} <= {{ as_of() }} as boolean
    ) as is_renewal_due,
    cast(coalesce(jurisdiction, 'unknown') as varchar) as jurisdiction

from governed
