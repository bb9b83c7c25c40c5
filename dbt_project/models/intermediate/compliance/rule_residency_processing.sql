-- A call was processed in a region that the tenant's jurisdiction does not allow for its class of data.
with

calls as (

    select * from {{ ref('int_governed_calls') }}

),

policies as (

    select * from {{ ref('policy_residency') }}

),

-- Rows for the data class itself decide; rows for any class where there is none.
in_force as (

    select
        calls.record_kind,
        calls.record_id,
        policies.data_class,
        max(policies.policy_version) as policy_version,
        max(policies.severity) as severity,
        max(policies.remediation) as remediation,
        max(policies.runbook_url) as runbook_url,
        bool_or(policies.allowed_region in (calls.region, '*')) as is_allowed,
        {{ dbt.listagg('policies.allowed_region', "', '", 'order by policies.allowed_region') }} as allowed_regions

    from calls
    inner join policies
        on calls.jurisdiction = policies.jurisdiction
        and policies.data_class in (calls.data_class, '*')
        and calls.started_at >= policies.valid_from
        and (policies.valid_to is null or calls.started_at < policies.valid_to)
    group by calls.record_kind, calls.record_id, policies.data_class
    qualify row_number() over (
        partition by calls.record_kind, calls.record_id
        order by (policies.data_class != '*') desc
    ) = 1

),

judged as (

    select
        calls.*,
        'residency_processing' as rule_id,
        coalesce(in_force.policy_version, 'none') as rule_version,
        case
            when calls.jurisdiction is null or calls.region is null or in_force.record_id is null then 'unknown'
            when in_force.is_allowed then 'compliant'
            else 'violation'
        end as verdict,
        in_force.severity,
        in_force.remediation,
        in_force.runbook_url,
        {{ json_object({
            'jurisdiction': 'calls.jurisdiction',
            'region': 'calls.region',
            'data_class': 'calls.data_class',
            'allowed_regions': 'in_force.allowed_regions',
        }) }} as evidence

    from calls
    left join in_force
        on calls.record_kind = in_force.record_kind
        and calls.record_id = in_force.record_id

)

select
    rule_id,
    rule_version,
    verdict,
    severity,
    record_kind,
    record_id,
    usage_date,
    started_at as occurred_at,
    tenant_id,
    agent_name,
    workflow_id,
    trace_id,
    span_id,
    jurisdiction,
    evidence,
    remediation,
    runbook_url,
    load_id

from judged
