-- From when to when an incident lasted. One that was closed only began at an unknown time.
with

-- What any copy of any event ever said may have been judged by.
told as (

    select
        *,
        min(effective_at) over (partition by incident_id) as first_told_at

    from {{ ref('stg_incident_events') }}
    where effective_at <= {{ as_of() }}

),

events as (

    select *
    from told
    qualify row_number() over (partition by source, event_id order by record_digest desc, load_id asc) = 1

)

select
    incident_id,
    min(case when event_type = 'governance.incident.opened' then effective_at end) as opened_at,
    max(case when event_type = 'governance.incident.closed' then effective_at end) as closed_at,
    max_by(severity, (effective_at, record_digest)) as severity,
    max_by(environment, (effective_at, record_digest)) as environment,
    max_by(service_names, (effective_at, record_digest)) as service_names,
    min(first_told_at) as first_told_at,
    max(load_id) as load_id

from events
group by incident_id
