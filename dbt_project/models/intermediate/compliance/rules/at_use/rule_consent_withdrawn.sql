-- Data were processed after the consent had been withdrawn.
with

judged as (

    select
        *,
        case status_at_use
            when 'withdrawn' then 'violation'
            when 'unknown' then 'unknown'
            else 'compliant'
        end as verdict,
        {{ json_object({
            'consent_purpose': 'consent_purpose',
            'status_at_use': 'status_at_use',
            'status_by_events': 'status_by_events',
            'status_by_span': 'status_by_span',
            'granted_at': 'granted_at',
            'expires_at': 'expires_at',
            'evidence_uri': 'evidence_uri',
        }) }} as evidence

    from {{ ref('int_consent_at_use') }}

)

select {{ judgement(without=['vault_path']) }}
from judged
