-- How reviews ended, by their events: a few for each day. Of several events of a review the last one counts. The
-- others stay, because each may have counted on its day.
with

events as (

    select *
    from {{ ref('stg_review_events') }}
    where review_id is not null and event_date is not null

),

copies as (

    select
        *,
        max(load_id) over (partition by review_id) as newest_load_id

    from events
    qualify row_number() over (partition by review_id, record_digest order by load_id) = 1

)

select
    review_id,
    record_digest,
    event_date,
    outcome,
    score_text,
    dataset,
    prompt_version,
    tenant_id,
    agent_name,
    row_number() over (partition by review_id order by occurred_at desc, record_digest desc) = 1 as is_counted,
    newest_load_id as load_id

from copies
