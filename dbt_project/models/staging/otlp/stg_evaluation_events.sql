-- The same event may come on its span and as a log record; both are here.
with

events as (

    select
        event_date,
        trace_id,
        span_id,
        occurred_at,
        attributes,
        record_digest,
        load_id

    from {{ source('bronze', 'span_events') }}
    where name = 'gen_ai.evaluation.result'

    union all

    select
        event_date,
        trace_id,
        span_id,
        occurred_at,
        attributes,
        record_digest,
        load_id

    from {{ source('bronze', 'log_records') }}
    where
        event_name = 'gen_ai.evaluation.result'
        or {{ map_text('attributes', 'event.name') }} = 'gen_ai.evaluation.result'

)

select
    event_date,
    trace_id,
    span_id,
    occurred_at,
    {{ map_text('attributes', 'gen_ai.evaluation.name') }} as evaluator,
    {{ map_text('attributes', 'evaluation.evaluator.version') }} as evaluator_version,
    {{ map_text('attributes', 'gen_ai.evaluation.score.value') }} as score_text,
    {{ map_text('attributes', 'gen_ai.evaluation.score.label') }} as score_label,
    {{ map_text('attributes', 'evaluation.dataset') }} as dataset,
    {{ map_text('attributes', 'evaluation.item.id') }} as item_id,
    {{ map_text('attributes', 'deployment.release_train') }} as release_train,
    {{ map_text('attributes', 'gen_ai.prompt.version') }} as prompt_version,
    {{ map_text('attributes', 'gen_ai.agent.name') }} as agent_name,
    coalesce(
        {{ map_text('attributes', 'gen_ai.response.model') }},
        {{ map_text('attributes', 'gen_ai.request.model') }}
    ) as model,
    {{ map_text('attributes', 'mlflow.run_id') }} as mlflow_run_id,
    {{ map_text('attributes', 'mlflow.experiment_id') }} as mlflow_experiment_id,
    record_digest,
    load_id

from events
