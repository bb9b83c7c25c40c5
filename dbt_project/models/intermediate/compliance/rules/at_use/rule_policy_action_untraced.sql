-- A policy was applied and the event does not say in which trace, so nobody can replay it. A trace of which no span
-- has come is unknown: it may be late, or was not sampled.
with

decisions as (

    select * from {{ ref('int_policy_decisions') }}

),

traces as (

    select distinct trace_id from {{ ref('int_trace_days') }}

),

runbooks as (

    select * from {{ ref('runbooks') }}
    where rule_id = 'policy_action_untraced'

),

judged as (

    select
        -- Of two columns of a name the first would count: the sender's evidence is not the rule's.
        decisions.* exclude (policy_version, evidence),
        'policy_decision' as record_kind,
        decisions.source || ' ' || decisions.event_id as record_id,
        decisions.event_date as usage_date,
        decisions.occurred_at as started_at,
        '1' as policy_version,
        case
            when coalesce(decisions.trace_id, repeat('0', 32)) = repeat('0', 32) then 'violation'
            when traces.trace_id is null then 'unknown'
            else 'compliant'
        end as verdict,
        'medium' as severity,
        'Let the policy engine put the trace id of the call into its events.' as remediation,
        runbooks.url as runbook_url,
        {{ json_object({
            'decision_id': 'decisions.decision_id',
            'policy_id': 'decisions.policy_id',
            'policy_version': 'decisions.policy_version',
            'decision': 'decisions.decision',
            'subject_kind': 'decisions.subject_kind',
        }) }} as evidence

    from decisions
    left join traces
        on decisions.trace_id = traces.trace_id
    left join runbooks
        on {{ in_force('runbooks', 'decisions.occurred_at') }}

)

select {{ judgement(without=['vault_path']) }}
from judged
