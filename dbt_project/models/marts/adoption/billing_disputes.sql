-- A dispute as it stands now. It ages from its opening until it is closed, else until now.
with

changes as (

    select * from {{ ref('int_dispute_changes') }}

),

rates as (

    select * from {{ ref('exchange_rates') }}

),

bands as (

    select * from {{ ref('policy_disputes') }}

),

dated as (

    select
        *,
        min(opened_at) over whole_dispute as told_opening,
        min(effective_at) over whole_dispute as first_change,
        max(case when not is_closed then effective_at end) over whole_dispute as last_open_at

    from changes
    window whole_dispute as (partition by dispute_id)

),

-- What is known of a bare object's state comes before anything that has a time.
newest as (

    select
        dispute_id,
        told_by,
        last_value(tenant_id ignore nulls) over dispute_so_far as tenant_id,
        last_value(amount ignore nulls) over dispute_so_far as amount,
        last_value(currency ignore nulls) over dispute_so_far as currency,
        last_value(reason ignore nulls) over dispute_so_far as reason,
        status,
        is_closed,
        least(told_opening, first_change) as opened_at,
        min(
            case when is_closed and effective_at >= coalesce(last_open_at, timestamp '1970-01-01') then effective_at end
        ) over (partition by dispute_id) as closed_at

    from dated
    window
        dispute_so_far as (
            partition by dispute_id
            order by effective_at nulls first, occurred_at, record_digest
            rows between unbounded preceding and current row
        )
    qualify row_number() over (
        partition by dispute_id
        order by effective_at desc nulls last, occurred_at desc, record_digest desc
    ) = 1

),

until as (

    select
        *,
        case when is_closed then closed_at else greatest({{ as_of() }}, opened_at) end as aged_until

    from newest

),

aged as (

    select
        *,
        datediff('day', opened_at, aged_until) as age_days

    from until

),

converted as (

    select
        aged.*,
        {{ usd_of('aged.amount', 'rates.usd_per_unit') }} as amount_usd

    from aged
    asof left join rates
        on aged.currency = rates.currency
        and cast(aged.opened_at as date) >= rates.rate_date

)

select
    cast(converted.dispute_id as varchar) as dispute_id,
    cast(coalesce(converted.tenant_id, 'unknown') as varchar) as tenant_id,
    cast(converted.opened_at as timestamp) as opened_at,
    cast(case when converted.is_closed then converted.closed_at end as timestamp) as closed_at,
    cast(converted.amount as decimal(18, 3)) as amount,
    cast(converted.currency as varchar) as currency,
    cast(converted.amount_usd as decimal(18, 2)) as amount_usd,
    cast(coalesce(converted.status, 'unknown') as varchar) as status,
    cast(converted.is_closed as boolean) as is_closed,
    cast(converted.age_days as bigint) as age_days,
    cast(coalesce(bands.age_band, 'unknown') as varchar) as age_band,
    cast(converted.reason as varchar) as reason,
    cast(converted.told_by as varchar) as told_by

from converted
left join bands
    on converted.age_days >= bands.from_days
    and (converted.age_days < bands.to_days or bands.to_days is null)
    and coalesce(converted.opened_at, {{ as_of() }}) >= bands.valid_from
    and (coalesce(converted.opened_at, {{ as_of() }}) < bands.valid_to or bands.valid_to is null)
