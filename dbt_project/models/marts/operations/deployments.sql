-- A deployment has a row for each of its days, so all of them are few, and summing them anew does not follow traffic.
with

days as (

    select * from {{ ref('int_deployment_days') }}

),

deployed as (

    select
        service_name,
        environment,
        service_version,
        revision,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        count(distinct region) as regions,
        sum(calls) as calls,
        sum(observed_calls) as observed_calls

    from days
    group by 1, 2, 3, 4

),

-- Of several images or regions the one seen last, then the first by name.
last_images as (

    select
        service_name,
        environment,
        service_version,
        revision,
        image

    from days
    where image is not null
    qualify row_number() over (
        partition by service_name, environment, service_version, revision
        order by last_seen_at desc, image asc
    ) = 1

),

last_regions as (

    select
        service_name,
        environment,
        service_version,
        revision,
        region

    from days
    where region is not null
    qualify row_number() over (
        partition by service_name, environment, service_version, revision
        order by last_seen_at desc, region asc
    ) = 1

)

select
    cast(deployed.service_name as varchar) as service_name,
    cast(deployed.environment as varchar) as environment,
    cast(deployed.service_version as varchar) as service_version,
    cast(deployed.revision as varchar) as revision,
    cast(coalesce(last_images.image, 'unknown') as varchar) as image,
    cast(coalesce(last_regions.region, 'unknown') as varchar) as region,
    cast(deployed.regions as bigint) as regions,
    cast(deployed.first_seen_at as timestamp) as first_seen_at,
    cast(deployed.last_seen_at as timestamp) as last_seen_at,
    cast(deployed.calls as double) as calls,
    cast(deployed.observed_calls as bigint) as observed_calls

from deployed
left join last_images
    on deployed.service_name = last_images.service_name
    and deployed.environment = last_images.environment
    and deployed.service_version = last_images.service_version
    and deployed.revision = last_images.revision
left join last_regions
    on deployed.service_name = last_regions.service_name
    and deployed.environment = last_regions.environment
    and deployed.service_version = last_regions.service_version
    and deployed.revision = last_regions.revision
