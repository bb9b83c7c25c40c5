-- Which of two updates of one second, or of two exports of one object, was the later is not told where neither names
-- the other's values as the previous ones; one is taken. Of the objects that say something of a tenant.
-- Owner: whoever sends Stripe's objects; with events of distinct seconds, or one export alone, none is left.
{{ config(severity='warn') }}

select
    object_type,
    object_id,
    valid_from

from {{ ref('int_stripe_states') }}
where is_contradicted and object_type in ('customer', 'subscription', 'discount', 'coupon', 'charge', 'dispute')
