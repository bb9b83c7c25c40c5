-- Clocks that disagree are the senders' error: nobody knows such a lag, and the other messages still count.
{{ config(severity='warn', meta={'owner': 'reliability'}) }}

select
    slo_name,
    event_id,
    usage_date,
    service_name

from {{ ref('int_slo_events') }}
where slo_name = 'event_bus_lag' and is_data_error
