-- The span says another consent status than the consent events of its tenant do.
with

judged as (

    select
        *,
        'consent_disagreement' as rule_id,
        coalesce(policy_version, 'none') as rule_version,
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
