-- A call with its cost, and with the tier its tenant had when it began: by history, else by the span's own word.
with

calls as (

    select * from {{ ref('int_llm_calls') }}

),

costs as (

    select * from {{ ref('int_call_costs') }}

),

tenant_states as (

    select * from {{ ref('int_tenant_states') }}

),

matched as (

    select
        calls.*,
        case
            when tenant_states.valid_to is null or calls.started_at < tenant_states.valid_to
                then tenant_states.entitlement_tier
        end as tier_by_history

    from calls
    asof left join tenant_states
        on calls.tenant_id = tenant_states.tenant_id
        and calls.started_at >= tenant_states.valid_from

)

select
    matched.* exclude (span_entitlement_tier, tier_by_history),
    matched.span_entitlement_tier,
    coalesce(matched.tier_by_history, matched.span_entitlement_tier, 'unknown') as entitlement_tier,
    coalesce(costs.is_priced, false) as is_priced,
    costs.cost_usd

from matched
left join costs
    on matched.call_id = costs.call_id
    and matched.usage_date = costs.usage_date
