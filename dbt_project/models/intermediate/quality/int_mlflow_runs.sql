-- The newest version of each run. One that was deleted, itself or with its experiment, counts nowhere.
with

versions as (

    select * from {{ ref('stg_mlflow_runs') }}
    qualify row_number() over (partition by mlflow_run_id order by load_id desc, record_digest desc) = 1

),

experiments as (

    select * from {{ ref('int_mlflow_experiments') }}

)

select
    versions.experiment_id,
    versions.mlflow_run_id,
    coalesce(versions.ended_at, versions.started_at) as occurred_at,
    {{ map_text('versions.tags', 'agent') }} as agent_name,
    {{ map_text('versions.tags', 'dataset') }} as dataset,
    {{ map_text('versions.tags', 'release_train') }} as release_train,
    {{ map_text('versions.params', 'model') }} as model,
    {{ map_text('versions.params', 'prompt_version') }} as prompt_version,
    versions.metrics,
    versions.lifecycle_stage = 'active' and coalesce(experiments.lifecycle_stage, 'active') = 'active' as is_active

from versions
left join experiments
    on versions.mlflow_store = experiments.mlflow_store
    and versions.experiment_id = experiments.experiment_id
