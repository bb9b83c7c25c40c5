{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_reviews()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

with

steps as (

    select *
    from {{ ref('int_agent_steps') }}
    where {{ in_days('usage_date', affected_days(days_of_new_reviews())) }}

),

counted as (

    select
        usage_date,
        agent_name,
        workflow_name,
        step_kind,
        step_name,
        environment,
        sum(sampling_weight) as steps,
        count(*) as observed_steps,
        coalesce(sum(sampling_weight) filter (where is_failed), 0) as failed_steps,
        coalesce(sum(sampling_weight) filter (where is_orphan), 0) as orphan_steps,
        coalesce(sum(sampling_weight) filter (where is_cyclic), 0) as cyclic_steps,
        coalesce(sum(sampling_weight) filter (where outcome = 'approved'), 0) as review_approved,
        coalesce(sum(sampling_weight) filter (where outcome = 'rejected'), 0) as review_rejected,
        coalesce(sum(sampling_weight) filter (where outcome = 'edited'), 0) as review_edited

    from steps
    group by usage_date, agent_name, workflow_name, step_kind, step_name, environment

),

-- A step of unknown or negative duration is in no bucket.
buckets as (

    select
        usage_date,
        agent_name,
        workflow_name,
        step_kind,
        step_name,
        environment,
        cast({{ span_bucket_scale() }} as integer) as bucket_scale,
        bucket_index,
        {{ bucket_lower('bucket_index', span_bucket_scale()) }} as bucket_lower_ms,
        {{ bucket_upper('bucket_index', span_bucket_scale()) }} as bucket_upper_ms,
        sum(sampling_weight) as weight

    from steps
    where bucket_index is not null
    group by usage_date, agent_name, workflow_name, step_kind, step_name, environment, bucket_index

),

timed as (

    select
        usage_date,
        agent_name,
        workflow_name,
        step_kind,
        step_name,
        environment,
        {{ latency_quantile(0.50) }} as p50_ms,
        {{ latency_quantile(0.95) }} as p95_ms

    from {{ ranked_buckets(
        'buckets', by=['usage_date', 'agent_name', 'workflow_name', 'step_kind', 'step_name', 'environment']
    ) }} as ranked
    group by usage_date, agent_name, workflow_name, step_kind, step_name, environment

)

select
    cast(counted.usage_date as date) as usage_date,
    cast(counted.agent_name as varchar) as agent_name,
    cast(counted.workflow_name as varchar) as workflow_name,
    cast(counted.step_kind as varchar) as step_kind,
    cast(counted.step_name as varchar) as step_name,
    cast(counted.environment as varchar) as environment,
    cast(counted.steps as double) as steps,
    cast(counted.observed_steps as bigint) as observed_steps,
    cast(counted.failed_steps as double) as failed_steps,
    cast(counted.orphan_steps as double) as orphan_steps,
    cast(counted.cyclic_steps as double) as cyclic_steps,
    cast(timed.p50_ms as double) as p50_ms,
    cast(timed.p95_ms as double) as p95_ms,
    cast(counted.review_approved as double) as review_approved,
    cast(counted.review_rejected as double) as review_rejected,
    cast(counted.review_edited as double) as review_edited

from counted
left join timed
    on counted.usage_date = timed.usage_date
    and counted.agent_name = timed.agent_name
    and counted.workflow_name = timed.workflow_name
    and counted.step_kind = timed.step_kind
    and counted.step_name = timed.step_name
    and counted.environment = timed.environment
