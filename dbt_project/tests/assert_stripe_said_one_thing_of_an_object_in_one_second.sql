-- Which of two updates of one second, or of two exports of one object, was the later nobody can tell; one is taken.
-- Owner: whoever sends Stripe's objects; with events of distinct seconds, or one export alone, none is left.
{{ config(severity='warn') }}

select
    object_type,
    object_id,
    valid_from

from {{ ref('int_stripe_states') }}
where is_contradicted
