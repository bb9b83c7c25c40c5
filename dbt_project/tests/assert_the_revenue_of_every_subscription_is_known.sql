-- A price, discount or rate that was not told, or an amount that nobody is charged; while it is not known, revenue
-- stays what it was. Owner: revenue, who can add the rate or have the missing object sent.
{{ config(severity='warn') }}

select
    tenant_id,
    valid_from

from {{ ref('int_tenant_subscriptions') }}
where mrr_usd is null
