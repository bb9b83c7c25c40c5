{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_affected_days('usage_date') }}",
        post_hook="{{ remember_read() }}",
    )
}}

-- What agents sent in a day, and what of it breaks their declarations: a rule that spoke of each span would flood.
{%- set days = affected_days() %}
with

spans as (

    select *
    from {{ ref('int_spans') }}
    where {{ in_days('span_date', days) }} and not is_synthetic

),

context as (

    select *
    from {{ ref('int_span_context') }}
    where {{ in_days('span_date', days) }}

),

copies as (

    select *
    from {{ ref('stg_spans') }}
    where {{ in_days('span_date', days) }}

),

declared as (

    select * from {{ ref('agent_attributes') }}

),

aliases as (

    select * from {{ ref('attribute_aliases') }}
    where signal in ('any', 'span')

),

-- A span is the agent's that it names; a GenAI operation that names none is that of the nearest span above.
agent_spans as (

    select
        spans.span_date as usage_date,
        spans.trace_id,
        spans.span_id,
        spans.record_digest,
        coalesce(spans.service_name, 'unknown') as service_name,
        case when spans.operation_name is null then spans.agent_name else context.agent_name end as agent_name,
        spans.operation_name,
        coalesce(spans.started_at, spans.ended_at) as started_at,
        spans.load_id

    from spans
    left join context
        on spans.trace_id = context.trace_id
        and spans.span_id = context.span_id
    where spans.operation_name is not null or spans.agent_name is not null

),

-- An attribute under its own name has the type declared; what a dialect calls it may have another.
names as (

    select
        agent_name,
        attribute as sent_as,
        attribute,
        ';' || stored_as || ';' as right_kinds,
        valid_from,
        valid_to

    from declared

    union all

    select
        declared.agent_name,
        aliases.attribute as sent_as,
        declared.attribute,
        null as right_kinds,
        greatest(declared.valid_from, cast(aliases.valid_from as date)) as valid_from,
        least(declared.valid_to, cast(aliases.valid_to as date)) as valid_to

    from declared
    inner join aliases
        on declared.canonical_name = aliases.canonical_name
        and declared.attribute != aliases.attribute

),

sent as (

    select
        agent_spans.*,
        copies.attributes,
        copies.attribute_types,
        copies.resource_attributes,
        copies.resource_attribute_types

    from agent_spans
    inner join copies
        on agent_spans.usage_date = copies.span_date
        and agent_spans.trace_id = copies.trace_id
        and agent_spans.span_id = copies.span_id
        and agent_spans.record_digest = copies.record_digest
    where agent_spans.agent_name in (select declared.agent_name from declared)

),

entries as (

    select
        usage_date,
        agent_name,
        trace_id,
        span_id,
        {{ unnest_typed_map('attributes', 'attribute_types') }}

    from sent

    union all

    select
        usage_date,
        agent_name,
        trace_id,
        span_id,
        {{ unnest_typed_map('resource_attributes', 'resource_attribute_types') }}

    from sent

),

-- An empty value says nothing, unless it is what redaction left; what it hashed or dropped has no type any more.
found as (

    select
        entries.trace_id,
        entries.span_id,
        names.attribute,
        max(case
            when entries.kind in ('hashed', 'dropped') then 0
            when names.right_kinds not like '%;' || entries.kind || ';%' then 1
            else 0
        end) = 1 as is_wrong_type

    from entries
    inner join names
        on entries.agent_name = names.agent_name
        and entries.attribute = names.sent_as
        and entries.usage_date >= names.valid_from
        and (names.valid_to is null or entries.usage_date < names.valid_to)
    where entries.value != '' or entries.kind = 'dropped'
    group by entries.trace_id, entries.span_id, names.attribute

),

required as (

    select
        agent_spans.trace_id,
        agent_spans.span_id,
        declared.attribute

    from agent_spans
    inner join declared
        on agent_spans.agent_name = declared.agent_name
        and declared.requirement_level = 'required'
        and (
            declared.applies_to in ('*', agent_spans.operation_name)
            or (declared.applies_to = 'operation' and agent_spans.operation_name is not null)
        )
        and agent_spans.usage_date >= declared.valid_from
        and (declared.valid_to is null or agent_spans.usage_date < declared.valid_to)

),

breaches as (

    select
        required.trace_id,
        required.span_id,
        required.attribute,
        true as is_missing

    from required
    left join found
        on required.trace_id = found.trace_id
        and required.span_id = found.span_id
        and required.attribute = found.attribute
    where found.attribute is null

    union all

    select
        trace_id,
        span_id,
        attribute,
        false as is_missing

    from found
    where is_wrong_type

),

placed as (

    select
        agent_spans.usage_date,
        agent_spans.service_name,
        agent_spans.agent_name,
        breaches.attribute,
        breaches.is_missing,
        count(*) as breaching_spans,
        min(agent_spans.trace_id || '-' || agent_spans.span_id) as breach_example,
        min(agent_spans.started_at) as breached_at,
        min(agent_spans.load_id) as breach_load_id

    from breaches
    inner join agent_spans
        on breaches.trace_id = agent_spans.trace_id
        and breaches.span_id = agent_spans.span_id
    group by
        agent_spans.usage_date,
        agent_spans.service_name,
        agent_spans.agent_name,
        breaches.attribute,
        breaches.is_missing

),

told as (

    select
        usage_date,
        service_name,
        agent_name,
        {{ dbt.listagg(
            "case when is_missing then attribute || ' (' || breaching_spans || ')' end", "', '", "order by attribute"
        ) }} as missing_attributes,
        {{ dbt.listagg(
            "case when not is_missing then attribute || ' (' || breaching_spans || ')' end", "', '", "order by attribute"
        ) }} as wrong_types,
        min(breach_example) as breach_example,
        min(breached_at) as breached_at,
        min(breach_load_id) as breach_load_id

    from placed
    group by usage_date, service_name, agent_name

),

agent_days as (

    select
        usage_date,
        service_name,
        agent_name,
        count(*) as spans,
        min(trace_id || '-' || span_id) as example,
        min(started_at) as started_at,
        min(load_id) as load_id

    from agent_spans
    group by usage_date, service_name, agent_name

)

select
    md5({{ json_object({
        'agent_name': 'agent_days.agent_name',
        'service_name': 'agent_days.service_name',
        'usage_date': 'agent_days.usage_date',
    }) }}) as agent_day_id,
    agent_days.*,
    told.missing_attributes,
    told.wrong_types,
    told.breach_example,
    told.breached_at,
    told.breach_load_id

from agent_days
left join told
    on agent_days.usage_date = told.usage_date
    and agent_days.service_name = told.service_name
    and agent_days.agent_name = told.agent_name
order by agent_days.usage_date
