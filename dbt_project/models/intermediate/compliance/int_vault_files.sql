-- A file from its creation to its deletion; a path that is used again begins a new life, and ends the one before.
with

events as (

    select *
    from {{ ref('int_vault_events') }}
    where
        event_type in ('vault.file.created', 'vault.file.appended', 'vault.file.deleted')
        and occurred_at <= {{ as_of() }}

),

lives as (

    select
        *,
        sum(case when event_type = 'vault.file.created' then 1 else 0 end) over (
            partition by tenant_id, vault_path
            order by occurred_at asc, (event_type = 'vault.file.created') desc, record_digest asc
            rows between unbounded preceding and current row
        ) as life

    from events

),

files as (

    select
        tenant_id,
        vault_path,
        life,
        min(case when event_type = 'vault.file.created' then occurred_at end) as created_at,
        min(case when event_type = 'vault.file.deleted' then occurred_at end) as deleted_at,
        max_by(data_class, (occurred_at, record_digest)) as data_class,
        max_by(jurisdiction, (occurred_at, record_digest)) as jurisdiction,
        max_by(region, (occurred_at, record_digest)) as region,
        coalesce(max_by(legal_hold, (occurred_at, record_digest)), false) as is_held_by_itself,
        max_by(agent_name, (occurred_at, record_digest)) as agent_name,
        max_by(workflow_id, (occurred_at, record_digest)) as workflow_id,
        max_by(trace_id, (occurred_at, record_digest)) as trace_id,
        max_by(span_id, (occurred_at, record_digest)) as span_id,
        max(load_id) as load_id

    from lives
    group by tenant_id, vault_path, life

)

select
    *,
    lead(created_at) over (partition by tenant_id, vault_path order by life) as replaced_at

from files
