-- The replay of each decision: what happened to it, in order.
with

events as (

    select * from {{ ref('int_decision_events') }}

),

-- An override or a review goes by the policy of its decision.
numbered as (

    select
        *,
        row_number() over event_order as place,
        first_value(policy_id ignore nulls) over whole_decision as policy_id_of_decision,
        first_value(policy_version ignore nulls) over whole_decision as policy_version_of_decision

    from events
    window
        event_order as (
            partition by decision_id
            order by occurred_at asc, (event_type = 'governance.policy.decided') desc, record_digest asc
        ),
        whole_decision as (
            partition by decision_id
            order by occurred_at asc, (event_type = 'governance.policy.decided') desc, record_digest asc
            rows between unbounded preceding and unbounded following
        )

)

select
    cast(decision_id as varchar) as decision_id,
    cast(place as bigint) as sequence,
    cast(occurred_at as timestamp) as occurred_at,
    cast(event_type as varchar) as event_type,
    cast(coalesce(outcome, 'unknown') as varchar) as outcome,
    cast(actor_id as varchar) as actor_id,
    cast(reason as varchar) as reason,
    cast(coalesce(policy_id_of_decision, 'unknown') as varchar) as policy_id,
    cast(coalesce(policy_version_of_decision, 'unknown') as varchar) as policy_version,
    cast(evidence as varchar) as evidence,
    cast(coalesce(tenant_id, 'unknown') as varchar) as tenant_id,
    cast(coalesce(agent_name, 'unknown') as varchar) as agent_name,
    cast(trace_id as varchar) as trace_id,
    cast(span_id as varchar) as span_id,
    cast(graph_node_id as varchar) as graph_node_id,
    cast(
        event_type || ' ' || replace(replace(source, '%', '%25'), ' ', '%20') || ' ' || event_id as varchar
    ) as ledger_subject,
    cast({{ trace_url('trace_id') }} as varchar) as trace_url

from numbered
