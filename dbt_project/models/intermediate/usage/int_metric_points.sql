{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_removed_records() }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- Points that count tokens or money, each once: copies of a point are alike in everything that counts.
with

aliases as (

    select * from {{ ref('attribute_aliases') }}
    where signal in ('any', 'metric')

),

-- `metric{attribute=value}` counts the points with that attribute.
counting_metrics as (

    select distinct split_part(attribute, '{', 1) as metric_name
    from aliases
    where signal = 'metric'

),

points as (

    select *
    from {{ ref('stg_metric_points') }}
    where
        load_id > {{ read_up_to() }}
        and metric_date is not null
        and time_unix_nano is not null
        and metric_name in (select metric_name from counting_metrics)
        and (metric_type in ('histogram', 'exponential_histogram') or (metric_type = 'sum' and is_monotonic))
        and {{ counter_value('coalesce(value, sum)') }} is not null
        -- A point without a recorded value says that its series ended; what value it carries means nothing.
        and coalesce(flags, 0) % 2 = 0
    qualify row_number() over (partition by record_digest order by load_id) = 1

),

entries as (

    select
        record_digest,
        occurred_at as started_at,
        0 as origin,
        metric_name,
        {{ unnest_map('attributes') }}

    from points

    union all

    select
        record_digest,
        occurred_at as started_at,
        1 as origin,
        metric_name,
        {{ unnest_map('resource_attributes') }}

    from points

),

named_entries as (

    select
        record_digest,
        started_at,
        origin,
        attribute,
        value

    from entries

    union all

    select
        record_digest,
        started_at,
        origin,
        metric_name || '{' || attribute || '=' || value || '}' as attribute,
        metric_name as value

    from entries
    where origin = 0

    union all

    select
        record_digest,
        occurred_at as started_at,
        0 as origin,
        metric_name as attribute,
        metric_name as value

    from points

),

matched as (

    select
        entries.record_digest,
        aliases.canonical_name,
        aliases.signal,
        aliases.token_semantics,
        entries.origin * 1000 + aliases.priority as priority,
        {{ aliased_value() }} as value

    from named_entries as entries
    inner join aliases
        on {{ alias_is_in_force() }}

),

named as (

    select
        record_digest,
        min_by(canonical_name, priority) filter (where signal = 'metric') as counted,
        min_by(token_semantics, priority) filter (where signal = 'metric') as token_semantics,
        {{ canonical('service_name') }} as service_name,
        {{ canonical('environment') }} as environment,
        {{ canonical('tenant_id') }} as tenant_id,
        {{ canonical('entitlement_tier') }} as entitlement_tier,
        {{ canonical('agent_name') }} as agent_name,
        {{ canonical('workflow_name') }} as workflow_name,
        {{ canonical('provider_name') }} as provider_name,
        {{ canonical('request_model') }} as request_model,
        {{ canonical('response_model') }} as response_model,
        {{ canonical('operation') }} as operation,
        {{ canonical('service_tier') }} as service_tier

    from matched
    where value != ''
    group by record_digest

),

counting as (

    select
        points.record_digest,
        {{ series_id('points') }} as series_id,
        -- What was counted up to midnight was counted on the day that ended.
        {{ utc_day('points.time_unix_nano - 1') }} as usage_date,
        points.metric_name,
        points.aggregation_temporality = 'DELTA' as is_delta,
        nullif(points.start_time_unix_nano, 0) as start_time_unix_nano,
        points.time_unix_nano,
        {{ counter_value('coalesce(points.value, points.sum)') }} as value,
        {{ counter_value('points.count') }} as observations,
        named.* exclude (record_digest),
        points.load_id

    from points
    inner join named
        on points.record_digest = named.record_digest
    where named.counted is not null

)

select *
from counting
{% if is_incremental() -%}
    where record_digest not in (
        select record_digest from {{ this }}
        where {{ near_days('usage_date', new_metric_days()) }}
    )
{%- endif %}
