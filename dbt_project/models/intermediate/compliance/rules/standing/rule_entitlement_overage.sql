-- A tenant used more in a day or month than its tier entitles it to, by the limit in force on the day it went past it.
with

usage_days as (

    select * from {{ ref('token_usage_daily') }}

),

connector_days as (

    select * from {{ ref('connector_performance_daily') }}

),

policies as (

    select * from {{ ref('policy_entitlements') }}

),

tiers as (

    select
        usage_date,
        tenant_id,
        entitlement_tier

    from usage_days
    group by usage_date, tenant_id, entitlement_tier
    qualify row_number() over (partition by usage_date, tenant_id order by sum(requests) desc, entitlement_tier asc) = 1

),

-- A connector counts from the first day of the month on which the tenant used it.
first_uses as (

    select
        tenant_id,
        connector_name,
        min(usage_date) as usage_date

    from connector_days
    group by tenant_id, connector_name, date_trunc('month', usage_date)

),

measured as (

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        'total_tokens' as measure,
        cast(sum(total_tokens) as decimal(38, 6)) as used,
        sum(unknown_usage_requests) > 0 as is_part_unknown

    from usage_days
    group by usage_date, tenant_id, entitlement_tier

    union all

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        'requests' as measure,
        cast(sum(requests) as decimal(38, 6)) as used,
        false as is_part_unknown

    from usage_days
    group by usage_date, tenant_id, entitlement_tier

    union all

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        'cost_usd' as measure,
        cast(sum(cost_usd) as decimal(38, 6)) as used,
        sum(unpriced_requests) > 0 as is_part_unknown

    from usage_days
    group by usage_date, tenant_id, entitlement_tier

    union all

    select
        first_uses.usage_date,
        first_uses.tenant_id,
        coalesce(tiers.entitlement_tier, 'unknown') as entitlement_tier,
        'connectors' as measure,
        cast(count(*) as decimal(38, 6)) as used,
        false as is_part_unknown

    from first_uses
    left join tiers
        on first_uses.tenant_id = tiers.tenant_id
        and first_uses.usage_date = tiers.usage_date
    group by first_uses.usage_date, first_uses.tenant_id, coalesce(tiers.entitlement_tier, 'unknown')

),

limited as (

    select
        measured.*,
        policies.policy_version,
        policies."limit" as allowed,
        policies.period,
        policies.severity,
        policies.remediation,
        policies.runbook_url,
        case
            when policies.period = 'day' then measured.usage_date
            else cast(date_trunc('month', measured.usage_date) as date)
        end as period_start

    from measured
    inner join policies
        on measured.measure = policies.measure
        and measured.entitlement_tier = policies.tier
        and {{ in_force('policies', 'measured.usage_date') }}

),

running as (

    select
        *,
        sum(used) over period_so_far as used_so_far,
        bool_or(is_part_unknown or used is null) over period_so_far as is_unknown_so_far

    from limited
    window
        period_so_far as (
            partition by tenant_id, entitlement_tier, measure, period, period_start
            order by usage_date
        )

),

-- The first day past the limit decides, else the newest day of the period.
decided as (

    select
        *,
        coalesce(used_so_far > allowed, false) as is_past

    from running
    qualify row_number() over (
        partition by tenant_id, entitlement_tier, measure, period, period_start
        order by
            coalesce(used_so_far > allowed, false) desc,
            case when coalesce(used_so_far > allowed, false) then usage_date end asc,
            usage_date desc
    ) = 1

),

judged as (

    select
        *,
        'entitlement' as record_kind,
        concat_ws(' ', tenant_id, entitlement_tier, measure, period, period_start) as record_id,
        cast(usage_date as timestamp) as started_at,
        cast(null as bigint) as load_id,
        case
            when is_past then 'violation'
            when is_unknown_so_far then 'unknown'
            else 'compliant'
        end as verdict,
        {{ json_object({
            'measure': 'measure',
            'used': 'used_so_far',
            'limit': 'allowed',
            'period': 'period',
            'period_start': 'period_start',
            'entitlement_tier': 'entitlement_tier',
        }) }} as evidence

    from decided

)

select {{ judgement(without=['agent_name', 'workflow_id', 'trace_id', 'span_id', 'vault_path', 'jurisdiction']) }}
from judged
