-- A dispute stayed open until it was old enough for a band of high severity.
with

disputes as (

    select * from {{ ref('billing_disputes') }}

),

bands as (

    select *
    from {{ ref('policy_disputes') }}
    where severity in ('high', 'critical')

),

policies as (

    select * from {{ ref('policy_disputes') }}

),

reached as (

    select
        disputes.*,
        bands.policy_version,
        bands.from_days,
        coalesce(bands.severity, policies.severity) as severity,
        coalesce(bands.remediation, policies.remediation) as remediation,
        coalesce(bands.runbook_url, policies.runbook_url) as runbook_url,
        policies.policy_version as version_in_force

    from disputes
    left join policies
        on disputes.age_days >= policies.from_days
        and (disputes.age_days < policies.to_days or policies.to_days is null)
        and {{ in_force('policies', 'disputes.opened_at') }}
    left join bands
        on disputes.age_days >= bands.from_days
        and {{ in_force('bands', 'disputes.opened_at') }}
    -- The first of the bands tells since when.
    qualify row_number() over (partition by disputes.dispute_id order by bands.from_days nulls last) = 1

),

judged as (

    select
        * exclude (policy_version),
        'dispute' as record_kind,
        dispute_id as record_id,
        version_in_force as policy_version,
        {{ dbt.dateadd('day', 'coalesce(from_days, 0)', 'cast(opened_at as date)') }} as due_at,
        case
            when version_in_force is null then 'unknown'
            when from_days is not null then 'violation'
            else 'compliant'
        end as verdict,
        {{ json_object({
            'status': 'status',
            'age_days': 'age_days',
            'age_band': 'age_band',
            'amount_usd': 'amount_usd',
        }) }} as evidence

    from reached

),

placed as (

    select
        *,
        cast(due_at as date) as usage_date,
        cast(due_at as timestamp) as started_at,
        cast(null as bigint) as load_id

    from judged

)

select {{ judgement(
    without=['agent_name', 'workflow_id', 'trace_id', 'span_id', 'vault_path', 'jurisdiction'],
    ended_at='closed_at',
) }}
from placed
