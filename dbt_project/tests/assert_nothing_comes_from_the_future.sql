-- A clock that is ahead by more than a day, which no zone explains, is the sender's error. Its records make a day look
-- fresh that has not come.
{{ config(severity='warn', group='platform', meta={'owner': 'platform'}) }}

with

told as (

    select
        'span' as record_kind,
        service_name as sender,
        span_date as record_date

    from {{ ref('int_spans') }}

    union all

    select
        'metric point' as record_kind,
        metric_name as sender,
        metric_date as record_date

    from {{ ref('stg_metric_points') }}

    union all

    select
        'log record' as record_kind,
        event_name as sender,
        log_date as record_date

    from {{ ref('stg_log_records') }}

    union all

    select
        'event' as record_kind,
        source as sender,
        event_date as record_date

    from {{ ref('stg_events') }}

    union all

    select
        'usage snapshot' as record_kind,
        tenant_id as sender,
        snapshot_date as record_date

    from {{ ref('stg_usage_snapshots') }}

)

select
    record_kind,
    sender,
    record_date,
    count(*) as records

from told
where record_date > cast({{ as_of() }} as date) + interval 1 day
group by record_kind, sender, record_date
