{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('event_date', days_of_new_evaluations()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days(days_of_new_evaluations()) %}

with

events as (

    select *
    from {{ ref('stg_evaluation_events') }}
    where {{ near_days('event_date', days) }}

),

evaluators as (

    select * from {{ ref('evaluators') }}

),

-- A result that came as span event and as log record, or was delivered twice, is one result: same span, same
-- evaluator, same item, same outcome, within five minutes. Without a span, only the very same record is. The same
-- outcome later is another result.
gaps as (

    select
        *,
        case
            when
                {{ dbt.dateadd('minute', -5, 'occurred_at') }}
                <= lag(occurred_at) over (partition by {{ result_identity() }} order by occurred_at, record_digest)
                then 0
            else 1
        end as begins_result

    from events

),

results as (

    select
        *,
        sum(begins_result) over (
            partition by {{ result_identity() }}
            order by occurred_at, record_digest
            rows between unbounded preceding and current row
        ) as result_number

    from gaps

),

once as (

    select
        *,
        record_digest as result_id,
        {{ measured('score_text') }} as score_value

    from results
    qualify row_number() over (
        partition by {{ result_identity() }}, result_number
        order by occurred_at, record_digest
    ) = 1

),

judged as (

    {{ judged('once') }}

)

select
    result_id as evaluation_id,
    event_date,
    occurred_at,
    trace_id,
    span_id,
    agent_name,
    evaluator,
    evaluator_version,
    model,
    prompt_version,
    dataset,
    item_id,
    release_train,
    mlflow_run_id,
    kind,
    higher_is_better,
    score_value,
    score_label,
    is_passed,
    load_id

from judged
where {{ in_days('event_date', days) }}
order by event_date
