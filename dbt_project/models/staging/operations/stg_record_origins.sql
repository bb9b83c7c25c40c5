-- Of every record in bronze only where it came from and when it happened.
select
    'otlp traces' as source,
    source_digest,
    started_at as occurred_at

from {{ source('bronze', 'spans') }}

union all

select
    'otlp metrics' as source,
    source_digest,
    occurred_at

from {{ source('bronze', 'metric_points') }}

union all

select
    'otlp logs' as source,
    source_digest,
    occurred_at

from {{ source('bronze', 'log_records') }}

union all

select
    landing_kind as source,
    source_digest,
    occurred_at

from {{ source('bronze', 'events') }}

union all

select
    'usage' as source,
    source_digest,
    cast(snapshot_date as timestamp) as occurred_at

from {{ source('bronze', 'usage_snapshots') }}

union all

select
    'mlflow' as source,
    source_digest,
    started_at as occurred_at

from {{ source('bronze', 'mlflow_runs') }}

union all

select
    'mlflow' as source,
    source_digest,
    occurred_at

from {{ source('bronze', 'mlflow_evaluations') }}

union all

select
    'mlflow' as source,
    source_digest,
    created_at as occurred_at

from {{ source('bronze', 'mlflow_experiments') }}

union all

select
    'mlflow' as source,
    source_digest,
    recorded_at as occurred_at

from {{ source('bronze', 'mlflow_metrics') }}

union all

select
    'mlflow' as source,
    source_digest,
    started_at as occurred_at

from {{ source('bronze', 'mlflow_traces') }}

union all

select
    'mlflow' as source,
    source_digest,
    created_at as occurred_at

from {{ source('bronze', 'mlflow_model_versions') }}
