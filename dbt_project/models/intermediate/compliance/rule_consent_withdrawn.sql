-- Data were processed after the consent had been withdrawn.
with

judged as (

    select
        *,
        'consent_withdrawn' as rule_id,
        coalesce(policy_version, 'none') as rule_version,
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

select
    rule_id,
    rule_version,
    verdict,
    severity,
    record_kind,
    record_id,
    usage_date,
    started_at as occurred_at,
    tenant_id,
    agent_name,
    workflow_id,
    trace_id,
    span_id,
    jurisdiction,
    evidence,
    remediation,
    runbook_url,
    load_id

from judged
