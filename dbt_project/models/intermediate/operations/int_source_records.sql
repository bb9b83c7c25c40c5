{{ config(materialized='view') }}

-- The ingest log counts the records of an OTLP file together. What landed is told apart by its table, what is in
-- quarantine by its signal, and a copy of a file by what the first copy brought. The rest has a source of its own.
with

origins as (

    select * from {{ ref('stg_record_origins') }}

),

-- Records replayed from quarantine stand in the log a second time, as landed; removed ones once more, as less.
ingest_log as (

    select *
    from {{ ref('stg_ingest_log') }}
    where source_kind not in ('replay', 'erasure')

),

quarantine as (

    select * from {{ ref('stg_quarantine') }}

),

file_kinds as (

    select
        source_file,
        max(source_kind) as source_kind

    from ingest_log
    group by 1

),

quarantined as (

    select
        quarantine.source_digest,
        case
            when file_kinds.source_kind <> 'otlp' then file_kinds.source_kind
            when quarantine.signal in ('traces', 'metrics', 'logs') then 'otlp ' || quarantine.signal
            else 'otlp unknown signal'
        end as source

    from quarantine
    inner join file_kinds on quarantine.source_file = file_kinds.source_file

),

otlp_copies as (

    select
        source_digest,
        count(*) as copies

    from ingest_log
    where source_kind = 'otlp' and rows_duplicate > 0
    group by 1

),

first_brought as (

    select
        source,
        source_digest

    from origins

    union all

    select
        source,
        source_digest

    from quarantined

),

told_apart as (

    select
        first_brought.source,
        sum(otlp_copies.copies) as rows_duplicate

    from first_brought
    inner join otlp_copies on first_brought.source_digest = otlp_copies.source_digest
    group by 1

),

-- What could be told apart is taken off the total of the signal that nobody can tell.
duplicates as (

    select
        case source_kind when 'otlp' then 'otlp unknown signal' else source_kind end as source,
        rows_duplicate

    from ingest_log

    union all

    select
        source,
        rows_duplicate

    from told_apart

    union all

    select
        'otlp unknown signal' as source,
        -rows_duplicate as rows_duplicate

    from told_apart

),

counted as (

    select
        source,
        occurred_at,
        1 as rows_landed,
        0 as rows_quarantined,
        0 as rows_duplicate

    from origins

    union all

    select
        source,
        null as occurred_at,
        0 as rows_landed,
        1 as rows_quarantined,
        0 as rows_duplicate

    from quarantined

    union all

    select
        source,
        null as occurred_at,
        0 as rows_landed,
        0 as rows_quarantined,
        rows_duplicate

    from duplicates

),

records as (

    select
        source,
        max(occurred_at) as last_event_at,
        sum(rows_landed) as rows_landed,
        sum(rows_quarantined) as rows_quarantined,
        sum(rows_duplicate) as rows_duplicate

    from counted
    group by 1

)

select * from records
