-- A connector is enabled for a tenant until it is disabled. An event that names an environment is about that one alone,
-- one that names none is about all of them; without a tenant it is about no tenant.
with

events as (

    select * from {{ ref('int_connector_events') }}

),

told as (

    select
        *,
        event_type = 'connector.enabled' as is_enabled

    from events
    where
        is_counted
        and event_type in ('connector.enabled', 'connector.disabled')
        and tenant_id is not null
    qualify row_number() over (
        partition by tenant_id, connector_name, environment, effective_at
        order by occurred_at desc, record_digest desc
    ) = 1

)

select
    tenant_id,
    connector_name,
    environment,
    effective_at as valid_from,
    least(
        lead(effective_at) over of_environment,
        min(case when environment is null then effective_at end) over later
    ) as valid_to,
    is_enabled

from told
window
    of_environment as (partition by tenant_id, connector_name, environment order by effective_at),
    later as (
        partition by tenant_id, connector_name
        order by effective_at
        groups between 1 following and unbounded following
    )
