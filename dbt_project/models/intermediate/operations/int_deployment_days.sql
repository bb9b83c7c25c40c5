{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days() %}

with

spans as (

    select *
    from {{ ref('int_spans') }}
    where {{ in_days('span_date', days) }}

),

calls as (

    select *
    from {{ ref('int_llm_calls') }}
    where {{ in_days('usage_date', days) }}

),

-- Where a service only writes logs, its calls are all that shows it.
sightings as (

    select
        span_date as usage_date,
        service_name,
        environment,
        service_version,
        revision,
        container_image || coalesce(':' || {{ json_path_text('container_image_tags', "'$[0]'") }}, '') as image,
        region,
        started_at,
        cast(0 as decimal(18, 6)) as calls,
        0 as observed_calls

    from spans

    union all

    select
        usage_date,
        service_name,
        environment,
        service_version,
        revision,
        cast(null as varchar) as image,
        region,
        started_at,
        sampling_weight as calls,
        1 as observed_calls

    from calls

)

select
    usage_date,
    coalesce(service_name, 'unknown') as service_name,
    coalesce(environment, 'unknown') as environment,
    coalesce(service_version, 'unknown') as service_version,
    coalesce(revision, 'unknown') as revision,
    image,
    region,
    min(started_at) as first_seen_at,
    max(started_at) as last_seen_at,
    sum(calls) as calls,
    sum(observed_calls) as observed_calls

from sightings
group by 1, 2, 3, 4, 5, 6, 7
