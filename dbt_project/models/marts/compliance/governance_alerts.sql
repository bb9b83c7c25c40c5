{{ config(materialized='view') }}

with

alerts as (

    select * from {{ ref('int_alerts') }}

)

select
    cast(alert_id as varchar) as alert_id,
    cast(fingerprint as varchar) as fingerprint,
    cast(rule_id as varchar) as rule_id,
    cast(severity as varchar) as severity,
    cast(audience as varchar) as audience,
    cast(state as varchar) as state,
    cast(subject_kind as varchar) as subject_kind,
    cast(subject as varchar) as subject,
    cast(summary as varchar) as summary,
    cast(window_start as timestamp) as window_start,
    cast(window_end as timestamp) as window_end,
    cast(raised_at as timestamp) as raised_at,
    cast(acknowledged_at as timestamp) as acknowledged_at,
    cast(escalated_at as timestamp) as escalated_at,
    cast(closed_at as timestamp) as closed_at,
    cast(exceptions as bigint) as exceptions,
    cast(trace_ids as varchar) as trace_ids,
    cast(trace_count as bigint) as trace_count,
    cast(vault_paths as varchar) as vault_paths,
    cast(vault_path_count as bigint) as vault_path_count,
    cast(remediation as varchar) as remediation,
    cast(runbook_url as varchar) as runbook_url,
    cast({{ trace_url('first_trace_id') }} as varchar) as trace_url

from alerts
