{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

with

spans as (

    select *
    from {{ ref('int_spans') }}
    where {{ in_days('span_date', affected_days()) }} and not is_synthetic

),

standard_attributes as (

    select * from {{ ref('standard_attributes') }}

),

counted as (

    select
        span_date as usage_date,
        coalesce(service_name, 'unknown') as service_name,
        operation_name,
        count(*) as spans,
        count(tenant_id) as tenant_id,
        count(agent_name) as agent_name,
        count(workflow_id) as workflow_id,
        count(workflow_name) as workflow_name,
        count(event_digest) as event_digest,
        count(entitlement_tier) as entitlement_tier,
        count(consent_status) as consent_status,
        count(consent_purpose) as consent_purpose,
        count(jurisdiction) as jurisdiction,
        count(region) as region,
        count(service_name) as named_service,
        count(service_version) as service_version,
        count(environment) as environment,
        count(revision) as revision,
        count(container_image) as container_image,
        count(container_image_tags) as container_image_tags

    from spans
    group by 1, 2, 3

),

-- An attribute is looked for on the spans that it applies to.
applied as (

    select
        counted.usage_date,
        counted.service_name,
        standard_attributes.attribute,
        counted.spans,
        case standard_attributes.canonical_name
            when 'tenant_id' then counted.tenant_id
            when 'agent_name' then counted.agent_name
            when 'workflow_id' then counted.workflow_id
            when 'workflow_name' then counted.workflow_name
            when 'event_digest' then counted.event_digest
            when 'entitlement_tier' then counted.entitlement_tier
            when 'consent_status' then counted.consent_status
            when 'consent_purpose' then counted.consent_purpose
            when 'jurisdiction' then counted.jurisdiction
            when 'region' then counted.region
            when 'service_name' then counted.named_service
            when 'service_version' then counted.service_version
            when 'environment' then counted.environment
            when 'revision' then counted.revision
            when 'container_image' then counted.container_image
            when 'container_image_tags' then counted.container_image_tags
        end as present

    from counted
    inner join standard_attributes
        on (
            standard_attributes.applies_to in ('*', counted.operation_name)
            or (standard_attributes.applies_to = 'operation' and counted.operation_name is not null)
        )
        and counted.usage_date >= standard_attributes.valid_from
        and (standard_attributes.valid_to is null or counted.usage_date < standard_attributes.valid_to)

)

select
    cast(usage_date as date) as usage_date,
    cast(service_name as varchar) as service_name,
    cast(attribute as varchar) as attribute,
    cast(sum(spans) as bigint) as spans,
    cast(sum(present) as bigint) as present,
    cast(sum(present) as double) / cast(sum(spans) as double) as coverage

from applied
group by 1, 2, 3
