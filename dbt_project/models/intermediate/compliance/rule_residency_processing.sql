-- A call was processed in a region that the tenant's jurisdiction does not allow for its class of data.
with

calls as (

    select * from {{ ref('int_governed_calls') }}

),

policies as (

    select * from {{ ref('policy_residency') }}

),

-- One pass over the calls, so that days are pruned.
matched as (

    select
        calls.*,
        policies.data_class as policy_data_class,
        max(policies.policy_version) as policy_version,
        max(policies.severity) as severity,
        max(policies.remediation) as remediation,
        max(policies.runbook_url) as runbook_url,
        bool_or(policies.allowed_region in (calls.region, '*')) as is_allowed,
        {{ dbt.listagg('policies.allowed_region', "', '", 'order by policies.allowed_region') }} as allowed_regions

    from calls
    left join policies
        on calls.jurisdiction = policies.jurisdiction
        and policies.data_class in (calls.data_class, '*')
        and calls.started_at >= policies.valid_from
        and (policies.valid_to is null or calls.started_at < policies.valid_to)
    group by all

),

-- Rows for the data class itself decide; rows for any class where there is none.
decided as (

    select *
    from matched
    qualify row_number() over (
        partition by usage_date, record_kind, record_id
        order by (policy_data_class != '*') desc
    ) = 1

),

judged as (

    select
        *,
        'residency_processing' as rule_id,
        coalesce(policy_version, 'none') as rule_version,
        case
            when jurisdiction is null or region is null or policy_data_class is null then 'unknown'
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
