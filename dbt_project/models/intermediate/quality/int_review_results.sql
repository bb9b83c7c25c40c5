-- A finished review judges what an agent did; one that nobody finished judges nothing.
with

reviews as (

    select
        'review ' || review_id as result_id,
        usage_date as event_date,
        cast(usage_date as timestamp) as occurred_at,
        trace_id,
        span_id,
        agent_name,
        'human_review' as evaluator,
        cast(null as varchar) as evaluator_version,
        prompt_version,
        dataset,
        {{ measured('score_text') }} as score_value,
        outcome as score_label

    from {{ ref('int_reviews') }}
    where outcome is not null

),

evaluators as (

    select * from {{ ref('evaluators') }}

)

{{ judged('reviews') }}
