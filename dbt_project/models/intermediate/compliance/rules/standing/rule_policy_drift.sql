-- A policy was published whose rows differ from those that the warehouse judges by, or that it does not know.
with

published as (

    select *
    from {{ ref('stg_published_policies') }}
    where occurred_at <= {{ as_of() }}
    qualify row_number() over (
        partition by policy_id, policy_version
        order by occurred_at desc, record_digest desc, load_id asc
    ) = 1

),

versions as (

    select * from {{ ref('int_policy_versions') }}

),

runbooks as (

    select * from {{ ref('runbooks') }}
    where rule_id = 'policy_drift'

),

judged as (

    select
        published.* exclude (valid_from),
        'policy_version' as record_kind,
        {{ key_of(['published.policy_id', 'published.policy_version']) }} as record_id,
        published.event_date as usage_date,
        published.occurred_at as started_at,
        case
            when versions.digest is null then 'unknown'
            when versions.digest = published.digest then 'compliant'
            else 'violation'
        end as verdict,
        'high' as severity,
        'Bring the seed and what was published to the same rows, as a new version.' as remediation,
        runbooks.url as runbook_url,
        {{ json_object({
            'policy_id': 'published.policy_id',
            'policy_version': 'published.policy_version',
            'published_digest': 'published.digest',
            'digest_of_seed': 'versions.digest',
        }) }} as evidence

    from published
    left join versions
        on published.policy_id = versions.policy_id
        and published.policy_version = versions.policy_version
    left join runbooks
        on {{ in_force('runbooks', 'published.occurred_at') }}

)

select {{ judgement(
    unknown='reported',
    without=['tenant_id', 'agent_name', 'workflow_id', 'trace_id', 'span_id', 'jurisdiction'],
) }}
from judged
