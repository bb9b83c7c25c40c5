{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date', days_of_new_latency_metrics()) }}",
        post_hook="{{ remember_read() }}",
    )
}}

{%- set days = affected_days(days_of_new_latency_metrics()) %}

-- What every signal says of how long a service's operations took on a day, and which of them counts.
with

operations as (

    select *
    from {{ ref('int_timed_operations') }}
    where {{ in_days('usage_date', days) }}

),

increases as (

    select *
    from {{ ref('int_latency_increases') }}
    where {{ in_days('usage_date', days) }}

),

told as (

    select
        usage_date,
        service_name,
        operation_name,
        metric_name,
        model,
        'spans' as source_name,
        0 as rank,
        sum(sampling_weight) as requests,
        bool_and(is_sampling_known) as is_sampling_known

    from operations
    group by usage_date, service_name, operation_name, metric_name, model

    union all

    select
        usage_date,
        service_name,
        operation_name,
        metric_name,
        model,
        source_name,
        rank,
        sum(weight) as requests,
        true as is_sampling_known

    from increases
    group by usage_date, service_name, operation_name, metric_name, model, source_name, rank
    having sum(weight) > 0

),

compared as (

    select
        *,
        {{ comparable('model') }} as model_key,
        bool_or(source_name = 'spans') over a_model as is_in_spans,
        bool_or(source_name != 'spans') over a_model as is_in_metrics

    from told
    window a_model as (
        partition by usage_date, service_name, operation_name, metric_name, {{ comparable('model') }}
    )

),

-- Where a model has no name, or each signal names one that the other does not, one may be the other: then one signal
-- is chosen for all models of the operation.
grouped as (

    select
        *,
        case
            when
                bool_or(model_key = 'unknown') over an_operation
                or (
                    bool_or(not is_in_spans) over an_operation
                    and bool_or(not is_in_metrics) over an_operation
                )
                then '*'
            else model_key
        end as model_group

    from compared
    window an_operation as (partition by usage_date, service_name, operation_name, metric_name)

),

by_source as (

    select
        usage_date,
        service_name,
        operation_name,
        metric_name,
        model_group,
        source_name,
        rank,
        sum(requests) as requests,
        bool_and(is_sampling_known) as is_sampling_known

    from grouped
    group by usage_date, service_name, operation_name, metric_name, model_group, source_name, rank

),

-- Spans count, unless they are a sample of unknown rate: the next metric saw more than a twentieth more, and more
-- than the one call that may have ended on another day than it began.
judged as (

    select
        *,
        not is_sampling_known
        and coalesce(
            lead(requests) over (
                partition by usage_date, service_name, operation_name, metric_name, model_group
                order by rank asc, requests desc, source_name asc
            ), 0
        ) > 1 + {{ a_twentieth_more('requests') }} as lacks_requests

    from by_source

),

chosen as (

    select *
    from judged
    qualify row_number() over (
        partition by usage_date, service_name, operation_name, metric_name, model_group
        order by lacks_requests asc, rank asc, requests desc, source_name asc
    ) = 1

)

select
    grouped.usage_date,
    grouped.service_name,
    grouped.operation_name,
    grouped.metric_name,
    grouped.model,
    grouped.source_name,
    grouped.model_group,
    chosen.source_name is not null as is_counted,
    grouped.requests

from grouped
left join chosen
    on grouped.usage_date = chosen.usage_date
    and grouped.service_name = chosen.service_name
    and grouped.operation_name = chosen.operation_name
    and grouped.metric_name = chosen.metric_name
    and grouped.model_group = chosen.model_group
    and grouped.source_name = chosen.source_name
