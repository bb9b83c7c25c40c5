{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_tenant_states()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- What the rules look at: every call to a model and every call of a tool, with the attributes that can decide. A
-- probe's calls are not a tenant's.
{%- set days = affected_days(days_of_new_tenant_states()) %}
with

llm_calls as (

    select
        'llm_call' as record_kind,
        call_id as record_id,
        usage_date,
        started_at,
        trace_id,
        span_id,
        tenant_id,
        entitlement_tier,
        span_entitlement_tier,
        tier_by_history,
        service_name,
        agent_name,
        workflow_id,
        environment,
        consent_status,
        consent_purpose,
        jurisdiction,
        region,
        data_class,
        data_region,
        model_region,
        destination_country,
        sampling_weight,
        is_sampling_known,
        cast(null as varchar) as connector_name,
        cast(null as boolean) as is_policy_denied,
        provider_name,
        model,
        service_tier,
        is_usage_known,
        is_priced,
        greatest(load_id, coalesce(tier_load_id, load_id)) as load_id

    from {{ ref('int_tiered_calls') }}
    where {{ in_days('usage_date', days) }}

),

tools as (

    select * from {{ ref('int_tool_calls') }}
    where not is_synthetic and {{ in_days('usage_date', days) }}

),

tiered_tools as (

    {{ with_tier_in_force('tools', 'entitlement_tier') }}

),

tool_calls as (

    select
        'tool_call' as record_kind,
        tool_call_id as record_id,
        usage_date,
        started_at,
        trace_id,
        span_id,
        tenant_id,
        tier_in_force as entitlement_tier,
        entitlement_tier as span_entitlement_tier,
        tier_by_history,
        service_name,
        agent_name,
        workflow_id,
        environment,
        consent_status,
        consent_purpose,
        jurisdiction,
        region,
        data_class,
        data_region,
        model_region,
        destination_country,
        sampling_weight,
        is_sampling_known,
        connector_name,
        is_policy_denied,
        cast(null as varchar) as provider_name,
        cast(null as varchar) as model,
        cast(null as varchar) as service_tier,
        cast(null as boolean) as is_usage_known,
        cast(null as boolean) as is_priced,
        greatest(load_id, coalesce(tier_load_id, load_id)) as load_id

    from tiered_tools

)

select * from llm_calls
union all
select * from tool_calls
order by usage_date
