-- A tenant used more in a day or month than its tier entitles it to, by the limit in force on the day it went past it.
with

usage_days as (

    select * from {{ ref('token_usage_daily') }}

),

connector_days as (

    select * from {{ ref('connector_performance_daily') }}

),

tenant_days as (

    select * from {{ ref('int_tenant_days') }}

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

-- The tier of a day on which no model was called is that of the tenant's history.
connector_uses as (

    select
        connector_days.tenant_id,
        connector_days.usage_date,
        connector_days.connector_name,
        coalesce(tiers.entitlement_tier, tenant_days.entitlement_tier, 'unknown') as entitlement_tier

    from connector_days
    left join tiers
        on connector_days.tenant_id = tiers.tenant_id
        and connector_days.usage_date = tiers.usage_date
    left join tenant_days
        on connector_days.tenant_id = tenant_days.tenant_id
        and connector_days.usage_date = tenant_days.snapshot_date

),

-- A connector counts from the first day of the period on which the tenant used it in its tier.
first_uses as (

    select
        tenant_id,
        entitlement_tier,
        connector_name,
        'day' as period,
        usage_date

    from connector_uses
    group by tenant_id, entitlement_tier, connector_name, usage_date

    union all

    select
        tenant_id,
        entitlement_tier,
        connector_name,
        'month' as period,
        min(usage_date) as usage_date

    from connector_uses
    group by tenant_id, entitlement_tier, connector_name, date_trunc('month', usage_date)

),

measured as (

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        'total_tokens' as measure,
        cast(null as varchar) as period,
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
        null as period,
        cast(sum(requests) as decimal(38, 6)) as used,
        bool_or(requests is null) as is_part_unknown

    from usage_days
    group by usage_date, tenant_id, entitlement_tier

    union all

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        'cost_usd' as measure,
        null as period,
        cast(sum(cost_usd) as decimal(38, 6)) as used,
        sum(unpriced_requests) > 0 as is_part_unknown

    from usage_days
    group by usage_date, tenant_id, entitlement_tier

    union all

    select
        usage_date,
        tenant_id,
        entitlement_tier,
        'connectors' as measure,
        period,
        cast(count(case when connector_name != 'unknown' then 1 end) as decimal(38, 6)) as used,
        bool_or(connector_name = 'unknown') as is_part_unknown

    from first_uses
    group by usage_date, tenant_id, entitlement_tier, period

),

-- Of an unknown tier it is only known what no tier forbids.
limited as (

    select
        measured.* exclude (period),
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
        and coalesce(measured.period, policies.period) = policies.period
        and measured.entitlement_tier in (policies.tier, 'unknown')
        and {{ in_force('policies', 'measured.usage_date') }}
    qualify row_number() over (
        partition by
            measured.usage_date,
            measured.tenant_id,
            measured.entitlement_tier,
            measured.measure,
            policies.period
        order by policies."limit", policies.tier
    ) = 1

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
        {{ key_of(['tenant_id', 'entitlement_tier', 'measure', 'period', 'period_start']) }} as record_id,
        cast(usage_date as timestamp) as started_at,
        cast(null as bigint) as load_id,
        case
            when is_past and 'unknown' in (entitlement_tier, tenant_id) then 'unknown'
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
