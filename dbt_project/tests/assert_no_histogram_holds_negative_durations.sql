-- Such a duration is the sender's error: it is in no bucket, and the others still count.
{{ config(severity='warn', meta={'owner': 'reliability'}) }}

select
    record_digest,
    usage_date,
    service_name,
    source_name

from {{ ref('int_latency_points') }}
where has_negative
