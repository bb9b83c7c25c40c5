-- Everything that events tell of decisions, each event once.
with

told as (

    select
        decision_id,
        event_type,
        source,
        event_id,
        decision as outcome,
        policy_id,
        policy_version,
        cast(null as varchar) as actor_id,
        reason,
        tenant_id,
        agent_name,
        trace_id,
        span_id,
        evidence,
        occurred_at,
        event_date,
        record_digest,
        load_id

    from {{ ref('stg_policy_decisions') }}

    union all

    select
        decision_id,
        event_type,
        source,
        event_id,
        new_decision as outcome,
        null as policy_id,
        null as policy_version,
        actor_id,
        reason,
        tenant_id,
        agent_name,
        trace_id,
        span_id,
        null as evidence,
        occurred_at,
        event_date,
        record_digest,
        load_id

    from {{ ref('stg_decision_overrides') }}

    union all

    select
        decision_id,
        event_type,
        source,
        event_id,
        outcome,
        null as policy_id,
        null as policy_version,
        actor_id,
        null as reason,
        tenant_id,
        agent_name,
        trace_id,
        span_id,
        rubric as evidence,
        occurred_at,
        event_date,
        record_digest,
        load_id

    from {{ ref('stg_decision_reviews') }}
    where decision_id is not null

)

select *
from told
where event_date is not null
qualify row_number() over (
    partition by event_date, source, event_id
    order by record_digest desc, load_id asc
) = 1
