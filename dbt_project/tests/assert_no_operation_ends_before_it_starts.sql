-- A clock that was set back is the sender's error: such a latency is in no bucket, and the other spans still count.
{{ config(severity='warn', meta={'owner': 'reliability'}) }}

select
    trace_id,
    span_id,
    span_date,
    service_name,
    duration_ms

from {{ ref('int_spans') }}
where duration_ms < 0
