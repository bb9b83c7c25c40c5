"""The queries of the DuckDB peer."""

from __future__ import annotations

_ATTRIBUTES = """struct(
    key varchar,
    value struct(
        "stringValue" varchar, "intValue" varchar, "doubleValue" varchar, "boolValue" varchar,
        "arrayValue" struct("values" struct("stringValue" varchar)[])
    )
)[]"""

_SPAN = f"""struct(
    "traceId" varchar, "spanId" varchar, "parentSpanId" varchar, "traceState" varchar, "flags" bigint,
    "name" varchar, "kind" bigint, "startTimeUnixNano" bigint, "endTimeUnixNano" bigint,
    "attributes" {_ATTRIBUTES}, "droppedAttributesCount" bigint,
    "events" struct(
        "timeUnixNano" bigint, "name" varchar, "attributes" {_ATTRIBUTES}, "droppedAttributesCount" bigint
    )[],
    "droppedEventsCount" bigint,
    "links" struct(
        "traceId" varchar, "spanId" varchar, "traceState" varchar, "flags" bigint,
        "attributes" {_ATTRIBUTES}, "droppedAttributesCount" bigint
    )[],
    "droppedLinksCount" bigint,
    "status" struct("code" bigint, "message" varchar)
)"""

_RESOURCE_SPANS = f"""struct(
    "resource" struct("attributes" {_ATTRIBUTES}),
    "scopeSpans" struct(
        "scope" struct("name" varchar, "version" varchar, "attributes" {_ATTRIBUTES}),
        "spans" {_SPAN}[],
        "schemaUrl" varchar
    )[],
    "schemaUrl" varchar
)[]"""


def _map(attributes: str) -> str:
    """SQL for a list of key and value as MAP(VARCHAR, VARCHAR)."""
    return f"""map(
        list_transform({attributes}, lambda a: a.key),
        list_transform({attributes}, lambda a: coalesce(
            a.value.stringValue, a.value.intValue, a.value.doubleValue, a.value.boolValue,
            to_json(list_transform(a.value.arrayValue."values", lambda v: v.stringValue))::varchar
        ))
    )"""


def _types(attributes: str) -> str:
    """SQL for the types of what is no string."""
    typed = f"list_filter({attributes}, lambda a: a.value.stringValue is null)"
    return f"""map(
        list_transform({typed}, lambda a: a.key),
        list_transform({typed}, lambda a: case
            when a.value.intValue is not null then 'int'
            when a.value.doubleValue is not null then 'double'
            when a.value.boolValue is not null then 'bool'
            else 'array'
        end)
    )"""


def _attribute_columns(attributes: str, prefix: str = "") -> str:
    given = f"coalesce({attributes}, [])"
    return f"{_map(given)} as {prefix}attributes, {_types(given)} as {prefix}attribute_types"


# The maps of resource and scope are made once for each request, not once for each span.
REQUESTS = f"""
create temp table spans as
with
resources as (
    select unnest("resourceSpans") as r
    from read_json($source, format = 'newline_delimited', maximum_object_size = 134217728,
        columns = {{resourceSpans: '{_RESOURCE_SPANS}'}})
),
scopes as (
    select
        r."schemaUrl" as resource_schema_url,
        {_attribute_columns("r.resource.attributes", "resource_")},
        unnest(r."scopeSpans") as s
    from resources
),
origins as (
    select
        * exclude (s),
        s.scope.name as scope_name,
        s.scope.version as scope_version,
        s."schemaUrl" as scope_schema_url,
        {_attribute_columns("s.scope.attributes", "scope_")},
        s.spans as spans
    from scopes
)
select * exclude (spans), unnest(spans) as span from origins
"""  # noqa: S608 - constants of this module

SPANS = f"""
select
    span.traceId as trace_id,
    span.spanId as span_id,
    span.parentSpanId as parent_span_id,
    span.traceState as trace_state,
    coalesce(span.flags, 0) as flags,
    span.name as name,
    (['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'])[
        coalesce(span.kind, 0) + 1
    ] as kind,
    span.startTimeUnixNano as start_time_unix_nano,
    span.endTimeUnixNano as end_time_unix_nano,
    make_timestamp(span.startTimeUnixNano // 1000) as started_at,
    make_timestamp(span.endTimeUnixNano // 1000) as ended_at,
    (['UNSET', 'OK', 'ERROR'])[coalesce(span.status.code, 0) + 1] as status_code,
    span.status.message as status_message,
    {_attribute_columns("span.attributes")},
    coalesce(span.droppedAttributesCount, 0) as dropped_attributes_count,
    coalesce(span.droppedEventsCount, 0) as dropped_events_count,
    coalesce(span.droppedLinksCount, 0) as dropped_links_count,
    * exclude (span)
from spans
"""  # noqa: S608 - as above

EVENTS = f"""
with events as (
    select
        span.traceId as trace_id,
        span.spanId as span_id,
        unnest(span.events) as event,
        generate_subscripts(span.events, 1) - 1 as event_index
    from spans
)
select
    trace_id,
    span_id,
    event_index,
    event.name as name,
    event.timeUnixNano as time_unix_nano,
    make_timestamp(event.timeUnixNano // 1000) as occurred_at,
    {_attribute_columns("event.attributes")},
    coalesce(event.droppedAttributesCount, 0) as dropped_attributes_count
from events
"""  # noqa: S608 - as above

LINKS = f"""
with links as (
    select
        span.traceId as trace_id,
        span.spanId as span_id,
        unnest(span.links) as link,
        generate_subscripts(span.links, 1) - 1 as link_index
    from spans
)
select
    trace_id,
    span_id,
    link_index,
    link.traceId as linked_trace_id,
    link.spanId as linked_span_id,
    link.traceState as trace_state,
    coalesce(link.flags, 0) as flags,
    {_attribute_columns("link.attributes")},
    coalesce(link.droppedAttributesCount, 0) as dropped_attributes_count
from links
"""  # noqa: S608 - as above
