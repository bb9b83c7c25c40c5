{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_consents()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- Consent as it stood when a call began: by the tenant's consent events, else by what the span says.
with

calls as (

    select *
    from {{ ref('int_governed_calls') }}
    where {{ in_days('usage_date', affected_days(days_of_new_consents())) }}

),

consents as (

    select * from {{ ref('int_consents') }}
    where subject_id is null

),

policies as (

    select * from {{ ref('policy_consent') }}

),

matched as (

    select
        calls.*,
        consents.consent_status as recorded_status,
        consents.valid_from as granted_at,
        consents.expires_at,
        consents.evidence_uri

    from calls
    asof left join consents
        on calls.tenant_id = consents.tenant_id
        and calls.consent_purpose = consents.purpose
        and calls.started_at >= consents.valid_from

),

-- The policy of the purpose and jurisdiction, else of the purpose, else of the jurisdiction, else of all.
governed as (

    select
        matched.*,
        policies.policy_id,
        policies.policy_version,
        policies.max_age_days,
        policies.severity,
        policies.remediation,
        policies.runbook_url

    from matched
    left join policies
        on policies.purpose in (matched.consent_purpose, '*')
        and policies.jurisdiction in (matched.jurisdiction, '*')
        and matched.started_at >= policies.valid_from
        and (policies.valid_to is null or matched.started_at < policies.valid_to)
    qualify row_number() over (
        partition by matched.record_id, matched.record_kind
        order by
            (policies.purpose != '*') desc,
            (policies.jurisdiction != '*') desc,
            policies.policy_id asc
    ) = 1

),

decided as (

    select
        *,
        case
            when recorded_status = 'withdrawn' then 'withdrawn'
            when recorded_status = 'granted' and expires_at <= started_at then 'expired'
            when
                recorded_status = 'granted'
                and {{ dbt.dateadd('day', 'max_age_days', 'granted_at') }} <= started_at
                then 'expired'
            when recorded_status = 'granted' then 'granted'
        end as status_by_events,
        case
            when consent_status in ('granted', 'missing', 'expired', 'withdrawn') then consent_status
        end as status_by_span

    from governed

)

select
    *,
    coalesce(status_by_events, status_by_span, 'unknown') as status_at_use

from decided
order by usage_date
