-- What the instrumentation says that a call cost, ten times more or less than its tokens cost by the price list: one of
-- the two is wrong. Amounts below a cent say little.
{{ config(severity='warn', meta={'owner': 'usage'}) }}

select
    call_id,
    usage_date,
    service_name,
    model,
    cost_usd,
    reported_cost_usd

from {{ ref('int_tiered_calls') }}
where
    greatest(cost_usd, reported_cost_usd) >= 0.01
    and cost_usd > 0
    and (reported_cost_usd > 10 * cost_usd or 10 * reported_cost_usd < cost_usd)
