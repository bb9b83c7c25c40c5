-- The newest version of each experiment.
select *
from {{ ref('stg_mlflow_experiments') }}
qualify row_number() over (partition by mlflow_store, experiment_id order by load_id desc, record_digest desc) = 1
