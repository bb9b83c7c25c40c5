-- The span says another consent status than the consent events of its tenant do.
with

judged as (

    select
        *,
        case
            when status_by_events is null or status_by_span is null then 'unknown'
            when status_by_events != status_by_span then 'violation'
            else 'compliant'
        end as verdict,
        {{ json_object({
            'consent_purpose': 'consent_purpose',
            'status_by_events': 'status_by_events',
            'status_by_span': 'status_by_span',
        }) }} as evidence

    from {{ ref('int_consent_at_use') }}

)

select {{ judgement(without=['vault_path']) }}
from judged
