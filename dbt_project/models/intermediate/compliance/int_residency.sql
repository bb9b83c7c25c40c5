-- Every place where data of a jurisdiction was processed or stored, and whether the policy then allowed it.
with

calls as (

    select * from {{ ref('int_governed_calls') }}

),

writes as (

    select *
    from {{ ref('int_vault_events') }}
    where event_type in ('vault.file.created', 'vault.file.appended')

),

policies as (

    select * from {{ ref('policy_residency') }}

),

places as (

    select
        'processing' as act,
        record_kind,
        record_id,
        usage_date,
        started_at,
        tenant_id,
        agent_name,
        workflow_id,
        trace_id,
        span_id,
        cast(null as varchar) as vault_path,
        jurisdiction,
        region,
        data_class,
        load_id

    from calls

    union all

    select
        'storage' as act,
        record_kind,
        record_id,
        usage_date,
        started_at,
        tenant_id,
        agent_name,
        workflow_id,
        trace_id,
        span_id,
        cast(null as varchar) as vault_path,
        jurisdiction,
        data_region as region,
        data_class,
        load_id

    from calls
    where data_region is not null

    union all

    select
        'storage' as act,
        'vault_event' as record_kind,
        {{ key_of(['source', 'event_id']) }} as record_id,
        event_date as usage_date,
        occurred_at as started_at,
        tenant_id,
        agent_name,
        workflow_id,
        trace_id,
        span_id,
        vault_path,
        jurisdiction,
        region,
        data_class,
        load_id

    from writes

),

-- One pass over the places, so that days are pruned.
matched as (

    select
        places.*,
        policies.data_class as policy_data_class,
        max(policies.policy_version) as policy_version,
        max(policies.severity) as severity,
        max(policies.remediation) as remediation,
        max(policies.runbook_url) as runbook_url,
        bool_or(policies.allowed_region in (places.region, '*')) as is_allowed,
        {{ dbt.listagg('policies.allowed_region', "', '", 'order by policies.allowed_region') }} as allowed_regions

    from places
    left join policies
        on places.jurisdiction = policies.jurisdiction
        and (policies.data_class in (places.data_class, '*') or places.data_class is null)
        and {{ in_force('policies', 'places.started_at') }}
    group by all

),

-- Rows for the data class itself decide; rows for any class where there is none. Without a data class it is unknown
-- where the policy treats classes differently, or does not treat all of them.
decided as (

    select
        *,
        data_class is null
        and (
            min(is_allowed) over whole_record != max(is_allowed) over whole_record
            or not bool_or(policy_data_class = '*') over whole_record
        ) as is_undecided

    from matched
    window
        whole_record as (
            partition by usage_date, act, record_kind, record_id
        )
    qualify row_number() over (
        partition by usage_date, act, record_kind, record_id
        order by (policy_data_class != '*') desc, policy_data_class asc
    ) = 1

)

select
    *,
    case
        when jurisdiction is null or region is null or policy_data_class is null or is_undecided then 'unknown'
        when is_allowed then 'compliant'
        else 'violation'
    end as verdict,
    {{ json_object({
        'jurisdiction': 'jurisdiction',
        'region': 'region',
        'data_class': 'data_class',
        'allowed_regions': 'allowed_regions',
    }) }} as evidence

from decided
