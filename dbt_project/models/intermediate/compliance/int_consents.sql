-- A consent holds from its own effective time to that of the next event for the same tenant, purpose and subject.
with

events as (

    select * from {{ ref('stg_consent_events') }}

),

once as (

    select *
    from events
    qualify row_number() over (partition by source, event_id order by record_digest desc) = 1

),

timeline as (

    select
        tenant_id,
        purpose,
        subject_id,
        case event_type when 'consent.withdrawn' then 'withdrawn' else 'granted' end as consent_status,
        effective_at as valid_from,
        lead(effective_at) over (
            partition by tenant_id, purpose, subject_id
            order by effective_at, occurred_at, record_digest
        ) as valid_to,
        expires_at,
        jurisdiction,
        evidence_uri,
        greatest(
            load_id,
            lead(load_id, 1, load_id) over (
                partition by tenant_id, purpose, subject_id
                order by effective_at, occurred_at, record_digest
            )
        ) as load_id

    from once

)

select *
from timeline
where valid_to is null or valid_to > valid_from
