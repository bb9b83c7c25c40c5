-- A call with its cost, and with the tier its tenant had when it began.
with

calls as (

    select * from {{ ref('int_llm_calls') }}

),

costs as (

    select * from {{ ref('int_call_costs') }}

),

tiered as (

    {{ with_tier_in_force('calls', 'span_entitlement_tier') }}

)

select
    tiered.* exclude (tier_in_force),
    tiered.tier_in_force as entitlement_tier,
    coalesce(costs.is_priced, false) as is_priced,
    costs.cost_usd

from tiered
left join costs
    on tiered.call_id = costs.call_id
    and tiered.usage_date = costs.usage_date
