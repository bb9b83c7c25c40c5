with

entries as (

    select * from {{ ref('int_ledger_entries') }}

)

select
    cast(sequence as bigint) as sequence,
    cast(recorded_at as timestamp) as recorded_at,
    cast(kind as varchar) as kind,
    cast(subject as varchar) as subject,
    cast(occurred_at as timestamp) as occurred_at,
    cast(trace_id as varchar) as trace_id,
    cast(payload_digest as varchar) as payload_digest,
    cast(previous_hash as varchar) as previous_hash,
    cast(hash as varchar) as hash,
    cast({{ trace_url('trace_id') }} as varchar) as trace_url

from entries
