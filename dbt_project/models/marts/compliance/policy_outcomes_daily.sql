-- How policies decided, on the days of the decisions, and how often somebody overrode or reviewed that.
with

events as (

    select * from {{ ref('int_decision_events') }}

),

-- Of a decision that was sent twice with different contents the later one counts.
decisions as (

    select *
    from events
    where event_type = 'governance.policy.decided'
    qualify row_number() over (partition by decision_id order by occurred_at desc, record_digest desc) = 1

),

afterwards as (

    select
        decision_id,
        bool_or(event_type = 'governance.decision.overridden') as is_overridden,
        count(case when event_type = 'governance.review.completed' then 1 end) as reviews

    from events
    group by decision_id

)

select
    cast(decisions.usage_date as date) as usage_date,
    cast(coalesce(decisions.tenant_id, 'unknown') as varchar) as tenant_id,
    cast(decisions.policy_id as varchar) as policy_id,
    cast(decisions.policy_version as varchar) as policy_version,
    cast(decisions.outcome as varchar) as decision,
    cast(count(*) as bigint) as decisions,
    cast(count(case when afterwards.is_overridden then 1 end) as bigint) as overridden,
    cast(sum(afterwards.reviews) as bigint) as reviews

from decisions
inner join afterwards
    on decisions.decision_id = afterwards.decision_id
group by
    decisions.usage_date,
    coalesce(decisions.tenant_id, 'unknown'),
    decisions.policy_id,
    decisions.policy_version,
    decisions.outcome
