-- The newest version of each run that MLflow still has; one that was deleted there counts nowhere.
with

versions as (

    select * from {{ ref('stg_mlflow_runs') }}
    qualify row_number() over (partition by mlflow_run_id order by load_id desc, record_digest desc) = 1

)

select
    experiment_id,
    mlflow_run_id,
    coalesce(ended_at, started_at) as occurred_at,
    {{ map_text('tags', 'agent') }} as agent_name,
    {{ map_text('tags', 'dataset') }} as dataset,
    {{ map_text('tags', 'release_train') }} as release_train,
    {{ map_text('params', 'model') }} as model,
    {{ map_text('params', 'prompt_version') }} as prompt_version,
    metrics

from versions
where lifecycle_stage = 'active'
