-- A review is told by its span and by its event: the event for the outcome, the span for the rest.
with

review_spans as (

    select * from {{ ref('int_review_spans') }}

),

review_outcomes as (

    select * from {{ ref('int_review_outcomes') }}
    where is_counted

),

-- The span that ended last, after those that never did.
told as (

    select *
    from review_spans
    qualify row_number() over (
        partition by review_id
        order by (end_time_unix_nano is not null) desc, end_time_unix_nano desc, record_digest desc
    ) = 1

)

select
    coalesce(told.review_id, review_outcomes.review_id) as review_id,
    coalesce(told.span_date, review_outcomes.event_date) as usage_date,
    told.trace_id,
    told.span_id,
    told.span_name,
    told.environment,
    coalesce(told.tenant_id, review_outcomes.tenant_id) as tenant_id,
    coalesce(told.agent_name, review_outcomes.agent_name) as agent_name,
    told.workflow_name,
    coalesce(review_outcomes.outcome, lower(told.review_outcome)) as outcome,
    review_outcomes.score_text,
    review_outcomes.dataset,
    review_outcomes.prompt_version,
    told.duration_ms,
    coalesce(told.is_error, false) as is_failed,
    coalesce(told.is_orphan, false) as is_orphan,
    coalesce(told.is_cyclic, false) as is_cyclic,
    -- Events are not sampled: one that is there stands for itself alone.
    cast(
        case when review_outcomes.review_id is not null then 1 else told.sampling_weight end as decimal(18, 6)
    ) as sampling_weight

from told
full outer join review_outcomes
    on told.review_id = review_outcomes.review_id
