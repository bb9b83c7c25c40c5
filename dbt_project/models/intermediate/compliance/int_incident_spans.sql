-- What services did while an incident lasted, where it happened, and at which probability they sampled it.
with

incidents as (

    select * from {{ ref('int_incidents') }}
    where opened_at is not null

),

spans as (

    select * from {{ ref('int_spans') }}
    where not is_synthetic

)

select
    incidents.incident_id,
    coalesce(spans.service_name, 'unknown') as service_name,
    coalesce(spans.environment, 'unknown') as environment,
    cast(count(*) as bigint) as spans,
    cast(sum(case when spans.is_error then 1 else 0 end) as bigint) as failed_spans,
    cast(sum(case when spans.is_sampling_known then 0 else 1 end) as bigint) as unknown_sampling_spans,
    min(case when spans.is_sampling_known then 1 / spans.sampling_weight end) as least_probability

from incidents
inner join spans
    on cast(incidents.opened_at as date) <= spans.span_date
    and {{ is_of_incident('spans', 'incidents') }}
group by
    incidents.incident_id,
    coalesce(spans.service_name, 'unknown'),
    coalesce(spans.environment, 'unknown')
