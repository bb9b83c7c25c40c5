-- A consent holds from its own effective time to that of the next event for the same tenant, purpose and subject.
with

events as (

    select * from {{ ref('stg_consent_events') }}

),

-- Copies of one event that disagree: what the losing copy once said may have reached any of the tenant's days.
compared as (

    select
        *,
        min(record_digest) over copies_of_event <> max(record_digest) over copies_of_event as is_contradicted

    from events
    window copies_of_event as (partition by source, event_id)

),

marked as (

    select
        *,
        max(case when is_contradicted then load_id end) over (partition by tenant_id) as contradicted_load_id

    from compared

),

once as (

    select *
    from marked
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
        contradicted_load_id is not null as is_contradicted,
        greatest(
            load_id,
            coalesce(contradicted_load_id, load_id),
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
