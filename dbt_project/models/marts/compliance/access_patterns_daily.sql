with

vault_accesses as (

    select * from {{ ref('int_vault_accesses') }}

),

tool_calls as (

    select * from {{ ref('int_tool_calls') }}
    where connector_name is not null and not is_synthetic

),

accesses as (

    select
        usage_date,
        tenant_id,
        agent_name,
        'vault' as resource_kind,
        vault_path as resource,
        coalesce(result = 'denied', false) as is_denied,
        case when operation in ('create', 'append') and coalesce(result, 'ok') = 'ok' then bytes end as bytes_written,
        operation = 'append' as is_append

    from vault_accesses

    union all

    select
        usage_date,
        tenant_id,
        agent_name,
        'connector' as resource_kind,
        connector_name as resource,
        is_policy_denied as is_denied,
        null as bytes_written,
        false as is_append

    from tool_calls

)

select
    cast(usage_date as date) as usage_date,
    cast(coalesce(tenant_id, 'unknown') as varchar) as tenant_id,
    cast(coalesce(agent_name, 'unknown') as varchar) as agent_name,
    cast(resource_kind as varchar) as resource_kind,
    cast(count(*) as bigint) as accesses,
    cast(count(case when is_denied then 1 end) as bigint) as denied,
    cast(count(distinct resource) as bigint) as distinct_resources,
    cast(sum(bytes_written) as bigint) as bytes_written,
    cast(count(case when is_append then 1 end) as bigint) as appends

from accesses
group by 1, 2, 3, 4
