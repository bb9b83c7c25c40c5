{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_tenant_states()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- A call with its cost, and with the tier its tenant had when it began.
{%- set days = affected_days(days_of_new_tenant_states()) %}
with

calls as (

    select * from {{ ref('int_llm_calls') }}
    where {{ in_days('usage_date', days) }}

),

costs as (

    select * from {{ ref('int_call_costs') }}
    where {{ in_days('usage_date', days) }}

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
order by tiered.usage_date
