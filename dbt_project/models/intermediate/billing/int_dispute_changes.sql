-- What became known of a dispute and when, by CloudEvents and by Stripe. A bare Stripe object does not say when it
-- came into its state.
with

events as (

    select * from {{ ref('stg_dispute_events') }}
    qualify row_number() over (partition by source, event_id order by record_digest desc, load_id asc) = 1

),

stripe_disputes as (

    select
        *,
        {{ stripe_reference('object', 'charge') }} as charge_id,
        {{ stripe_reference('object', 'charge.customer') }} as customer_of_charge

    from {{ ref('int_stripe_states') }}
    where object_type = 'dispute'

),

charges as (

    select * from {{ ref('int_stripe_charges') }}

),

customers as (

    select * from {{ ref('int_stripe_customers') }}

),

currencies as (

    select * from {{ ref('currencies') }}

),

changes as (

    select
        dispute_id,
        'billing' as told_by,
        tenant_id,
        amount_minor,
        false as is_in_stripe_units,
        currency,
        reason,
        status,
        event_type = 'billing.dispute.closed' as is_told_closed,
        case when event_type = 'billing.dispute.opened' then effective_at end as opened_at,
        effective_at,
        occurred_at,
        record_digest

    from events

    union all

    select
        disputes.object_id as dispute_id,
        'stripe' as told_by,
        coalesce(customers.tenant_id, disputes.customer_of_charge, charges.tenant_id) as tenant_id,
        try_cast({{ json_member('disputes.object', 'amount') }} as decimal(18, 0)) as amount_minor,
        true as is_in_stripe_units,
        upper({{ json_member('disputes.object', 'currency') }}) as currency,
        {{ json_member('disputes.object', 'reason') }} as reason,
        {{ json_member('disputes.object', 'status') }} as status,
        false as is_told_closed,
        {{ stripe_instant('disputes.object', 'created') }} as opened_at,
        case when disputes.event_type is not null then disputes.valid_from end as effective_at,
        disputes.valid_from as occurred_at,
        disputes.record_digest

    from stripe_disputes as disputes
    left join charges
        on disputes.charge_id = charges.charge_id
    left join customers
        on disputes.customer_of_charge = customers.customer_id

)

select
    changes.* exclude (amount_minor, is_in_stripe_units, is_told_closed),
    changes.is_told_closed
    or coalesce(changes.status in ('won', 'lost', 'warning_closed', 'prevented', 'charge_refunded'), false)
        as is_closed,
    try_cast(
        cast({{ not_negative('changes.amount_minor') }} as decimal(28, 3)) * case
            when changes.is_in_stripe_units then currencies.stripe_major_per_minor else currencies.major_per_minor
        end as decimal(18, 3)
    ) as amount

from changes
left join currencies
    on changes.currency = currencies.currency
