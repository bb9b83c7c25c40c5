-- The newest version of each trace, with the run that it belongs to as long as MLflow has it.
with

versions as (

    select * from {{ ref('stg_mlflow_traces') }}
    qualify row_number() over (partition by mlflow_trace_id order by load_id desc, record_digest desc) = 1

),

experiments as (

    select * from {{ ref('int_mlflow_experiments') }}

),

placed as (

    select
        versions.* exclude (load_id),
        greatest(versions.load_id, coalesce(experiments.load_id, versions.load_id)) as load_id,
        versions.lifecycle_stage = 'active' and coalesce(experiments.lifecycle_stage, 'active') = 'active' as is_active

    from versions
    left join experiments
        on versions.mlflow_store = experiments.mlflow_store
        and versions.experiment_id = experiments.experiment_id

)

select
    mlflow_trace_id,
    trace_id,
    case when is_active then mlflow_run_id end as mlflow_run_id,
    {{ map_text('tags', 'agent') }} as agent_name,
    {{ map_text('tags', 'dataset') }} as dataset,
    {{ map_text('tags', 'release_train') }} as release_train,
    {{ map_text('tags', 'evaluation.item.id') }} as item_id,
    is_active,
    load_id

from placed
