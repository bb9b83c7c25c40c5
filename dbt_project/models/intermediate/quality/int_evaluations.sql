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
        try_cast(score_text as decimal(18, 9)) as score_value

    from results
    qualify row_number() over (
        partition by {{ result_identity() }}, result_number
        order by occurred_at, record_digest
    ) = 1

),

-- The evaluator's own row and version decide, else its row for any version, else the rule for any evaluator.
judged as (

    select
        once.*,
        evaluators.kind,
        case
            when once.score_label is not null and evaluators.pass_labels is not null
                then list_contains(string_split(lower(evaluators.pass_labels), ';'), lower(once.score_label))
            when once.score_value is null or evaluators.pass_threshold is null then null
            when evaluators.higher_is_better then once.score_value >= evaluators.pass_threshold
            else once.score_value <= evaluators.pass_threshold
        end as is_passed

    from once
    left join evaluators
        on evaluators.evaluator in (once.evaluator, '*')
        and evaluators.evaluator_version in (once.evaluator_version, '*')
        and once.occurred_at >= evaluators.valid_from
        and (evaluators.valid_to is null or once.occurred_at < evaluators.valid_to)
    qualify row_number() over (
        partition by once.record_digest
        order by (evaluators.evaluator != '*') desc, (evaluators.evaluator_version != '*') desc
    ) = 1

)

select
    record_digest as evaluation_id,
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
    score_value,
    score_label,
    is_passed,
    load_id

from judged
where {{ in_days('event_date', days) }}
order by event_date
