-- Tokens that a biller charged for on one UTC day. A charge over a longer period says nothing of its days. Copies of
-- an event that contradict each other all stay, because each may have counted on its day; one of them is the charge.
with

charges as (

    select * from {{ ref('stg_usage_charges') }}

),

copies as (

    select
        *,
        max(load_id) over (partition by source, event_id) as newest_load_id,
        max(record_digest) over (partition by source, event_id) as winner

    from charges
    qualify row_number() over (partition by source, event_id, record_digest order by load_id) = 1

)

select
    source || ' ' || event_id as charge_id,
    record_digest,
    record_digest = winner as is_charged,
    cast(period_start as date) as usage_date,
    tenant_id,
    service_name,
    model,
    token_class,
    cast(quantity as decimal(28, 6)) as tokens,
    newest_load_id as load_id

from copies
where
    token_class is not null
    and quantity is not null
    and period_start < period_end
    and period_end <= cast(cast(period_start as date) + 1 as timestamp)
