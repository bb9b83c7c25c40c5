-- The count of a histogram is the sum of its buckets, and it has one bucket more than bounds (metrics.proto). One that
-- says otherwise is the sender's error: its quantiles and its count tell of different things.
{{ config(severity='warn', group='platform', meta={'owner': 'reliability'}) }}

select
    record_digest,
    metric_date,
    metric_name

from {{ ref('stg_metric_points') }}
where
    metric_type = 'histogram'
    and {{ list_length('bucket_counts') }} > 0
    and (
        {{ list_total('bucket_counts') }} != count
        or {{ list_length('bucket_counts') }} != {{ list_length('explicit_bounds') }} + 1
    )
