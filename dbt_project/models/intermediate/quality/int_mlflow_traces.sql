-- The newest version of each trace, with the run that it belongs to as long as MLflow has it.
with

versions as (

    select * from {{ ref('stg_mlflow_traces') }}
    qualify row_number() over (partition by mlflow_trace_id order by load_id desc, record_digest desc) = 1

)

select
    mlflow_trace_id,
    trace_id,
    case when lifecycle_stage = 'active' then mlflow_run_id end as mlflow_run_id,
    {{ map_text('tags', 'agent') }} as agent_name,
    {{ map_text('tags', 'dataset') }} as dataset,
    {{ map_text('tags', 'release_train') }} as release_train,
    {{ map_text('tags', 'evaluation.item.id') }} as item_id,
    lifecycle_stage,
    load_id

from versions
