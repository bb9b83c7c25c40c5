{{ config(materialized='view') }}

with

gates as (

    select * from {{ ref('int_source_gates') }}

),

records as (

    select * from {{ ref('int_source_records') }}

),

measured as (

    select
        *,
        {{ as_of() }} as measured_at

    from records

),

-- A source that never sent anything landed nothing: that is known, not unknown.
health as (

    select
        gates.source,
        measured.last_event_at,
        datediff('second', measured.last_event_at, measured.measured_at) as freshness_seconds,
        coalesce(measured.rows_landed, 0) as rows_landed,
        coalesce(measured.rows_quarantined, 0) as rows_quarantined,
        coalesce(measured.rows_duplicate, 0) as rows_duplicate,
        gates.gate_state

    from gates
    left join measured on gates.source = measured.source

)

select
    cast(source as varchar) as source,
    cast(last_event_at as timestamp) as last_event_at,
    cast(freshness_seconds as bigint) as freshness_seconds,
    cast(rows_landed as bigint) as rows_landed,
    cast(rows_quarantined as bigint) as rows_quarantined,
    cast(rows_duplicate as bigint) as rows_duplicate,
    cast(gate_state as varchar) as gate_state

from health
