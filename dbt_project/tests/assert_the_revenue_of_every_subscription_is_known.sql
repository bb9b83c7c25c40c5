-- Tenants of whose subscriptions nobody knows what they bring now: a price, discount or rate was not told, or an amount
-- is one that nobody is charged. Until it is known, revenue stays what it was.
-- Owner: revenue, who can add the rate or have the missing object sent.
{{ config(severity='warn') }}

with

newest as (

    select *
    from {{ ref('int_tenant_subscriptions') }}
    where valid_from < {{ as_of() }}
    qualify row_number() over (partition by tenant_id order by valid_from desc) = 1

)

select
    tenant_id,
    valid_from

from newest
where mrr_usd is null
