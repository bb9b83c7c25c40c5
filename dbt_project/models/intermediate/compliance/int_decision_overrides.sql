-- Each override of a decision once. An actor or reason may follow in a further event about the same decision.
with

events as (

    select *
    from {{ ref('stg_decision_overrides') }}
    where occurred_at <= {{ as_of() }}
    qualify row_number() over (partition by source, event_id order by record_digest desc, load_id asc) = 1

),

decisions as (

    select *
    from {{ ref('stg_policy_decisions') }}
    qualify row_number() over (partition by decision_id order by occurred_at desc, record_digest desc) = 1

),

told as (

    select
        decision_id,
        min(occurred_at) as overridden_at,
        max_by(new_decision, (occurred_at, record_digest)) as new_decision,
        min(case when actor_id is not null then occurred_at end) as actor_told_at,
        min(case when reason is not null then occurred_at end) as reason_told_at,
        max_by(actor_id, (occurred_at, record_digest)) as actor_id,
        max_by(tenant_id, (occurred_at, record_digest)) as tenant_id,
        max_by(agent_name, (occurred_at, record_digest)) as agent_name,
        max_by(workflow_id, (occurred_at, record_digest)) as workflow_id,
        max_by(trace_id, (occurred_at, record_digest)) as trace_id,
        max_by(span_id, (occurred_at, record_digest)) as span_id,
        max_by(jurisdiction, (occurred_at, record_digest)) as jurisdiction,
        max(load_id) as load_id

    from events
    group by decision_id

)

select
    told.decision_id,
    told.overridden_at,
    decisions.decision,
    told.new_decision,
    told.actor_id,
    told.actor_told_at,
    told.reason_told_at,
    decisions.policy_id,
    decisions.policy_version,
    coalesce(told.tenant_id, decisions.tenant_id) as tenant_id,
    coalesce(told.agent_name, decisions.agent_name) as agent_name,
    coalesce(told.workflow_id, decisions.workflow_id) as workflow_id,
    coalesce(told.trace_id, decisions.trace_id) as trace_id,
    coalesce(told.span_id, decisions.span_id) as span_id,
    coalesce(told.jurisdiction, decisions.jurisdiction) as jurisdiction,
    told.load_id

from told
left join decisions
    on told.decision_id = decisions.decision_id
