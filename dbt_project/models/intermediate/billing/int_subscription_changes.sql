-- Changes of subscriptions, by CloudEvents and by Stripe. Revenue is in major units of the currency.
with

changes as (

    select * from {{ ref('stg_subscription_changes') }}

),

stripe_changes as (

    select * from {{ ref('int_stripe_subscription_changes') }}

),

currencies as (

    select * from {{ ref('currencies') }}

)

select
    changes.source,
    changes.event_id,
    changes.tenant_id,
    changes.subscription_id,
    changes.entitlement_tier,
    changes.status,
    changes.seats,
    {{ not_negative('cast(changes.mrr_minor as decimal(28, 6)) * currencies.major_per_minor') }} as mrr_amount,
    changes.currency,
    changes.effective_at,
    changes.occurred_at,
    changes.record_digest,
    changes.load_id

from changes
left join currencies
    on changes.currency = currencies.currency
-- A change of before 1970 is an error, and would make `mrr_movements_monthly` as long as all the months since.
where changes.effective_at >= timestamp '1970-01-01 00:00:00'

union all

select
    source,
    event_id,
    tenant_id,
    subscription_id,
    entitlement_tier,
    status,
    seats,
    mrr_amount,
    currency,
    effective_at,
    occurred_at,
    record_digest,
    load_id

from stripe_changes
