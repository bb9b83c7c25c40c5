"""Fields out of OTLP/JSON objects, by the names of opentelemetry-proto 1.x in camelCase."""

from __future__ import annotations

from ingest.otlp import json_values as read
from ingest.otlp.fields import EventFields, LinkFields, LogFields, OriginFields, SpanFields
from ingest.otlp.json_attributes import any_value, attributes
from ingest.otlp.json_values import Object
from ingest.otlp.records import SPAN_ID_BYTES, SPAN_KINDS, STATUS_CODES, TRACE_ID_BYTES

_KIND_NUMBERS = {f"SPAN_KIND_{name}": number for number, name in SPAN_KINDS.items()}
_STATUS_NUMBERS = {f"STATUS_CODE_{name}": number for number, name in STATUS_CODES.items()}
_SEVERITIES = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_SEVERITY_NUMBERS = {"SEVERITY_NUMBER_UNSPECIFIED": 0} | {
    f"SEVERITY_NUMBER_{name}{step if step > 1 else ''}": 4 * place + step
    for place, name in enumerate(_SEVERITIES)
    for step in (1, 2, 3, 4)
}
# A scope was an instrumentation library before OTLP 1.0.
_SCOPE = ("scope", "instrumentationLibrary")


def origin(resource: Object, scope: Object, nesting: int) -> OriginFields:
    """Resource and scope from ResourceSpans and ScopeSpans, or their likes."""
    about = read.as_object(resource.get("resource"), "resource")
    named = read.as_object(next((scope[f] for f in _SCOPE if scope.get(f) is not None), None), "scope")
    return OriginFields(
        resource_attributes=attributes(about.get("attributes"), "attributes", nesting),
        resource_schema_url=read.text(resource, "schemaUrl"),
        scope_name=read.text(named, "name"),
        scope_version=read.text(named, "version"),
        scope_attributes=attributes(named.get("attributes"), "attributes", nesting),
        scope_schema_url=read.text(scope, "schemaUrl"),
    )


def span(item: Object, nesting: int) -> SpanFields:
    """Span."""
    status = read.as_object(item.get("status"), "status")
    return SpanFields(
        trace_id=read.identifier(item, "traceId", TRACE_ID_BYTES),
        span_id=read.identifier(item, "spanId", SPAN_ID_BYTES),
        parent_span_id=read.identifier(item, "parentSpanId", SPAN_ID_BYTES),
        trace_state=read.text(item, "traceState"),
        flags=read.uint32(item, "flags"),
        name=read.text(item, "name"),
        kind=read.enum(item, "kind", _KIND_NUMBERS),
        start=read.time(item, "startTimeUnixNano"),
        end=read.time(item, "endTimeUnixNano"),
        status_code=read.enum(status, "code", _STATUS_NUMBERS),
        status_message=read.text(status, "message"),
        attributes=attributes(item.get("attributes"), "attributes", nesting),
        dropped_attributes=read.uint32(item, "droppedAttributesCount"),
        dropped_events=read.uint32(item, "droppedEventsCount"),
        dropped_links=read.uint32(item, "droppedLinksCount"),
        events=[_event(event, nesting) for event in read.objects(item, "events")],
        links=[_link(link, nesting) for link in read.objects(item, "links")],
    )


def _event(event: Object, nesting: int) -> EventFields:
    return EventFields(
        time=read.time(event, "timeUnixNano"),
        name=read.text(event, "name"),
        attributes=attributes(event.get("attributes"), "attributes", nesting),
        dropped_attributes=read.uint32(event, "droppedAttributesCount"),
    )


def _link(link: Object, nesting: int) -> LinkFields:
    return LinkFields(
        trace_id=read.identifier(link, "traceId", TRACE_ID_BYTES),
        span_id=read.identifier(link, "spanId", SPAN_ID_BYTES),
        trace_state=read.text(link, "traceState"),
        flags=read.uint32(link, "flags"),
        attributes=attributes(link.get("attributes"), "attributes", nesting),
        dropped_attributes=read.uint32(link, "droppedAttributesCount"),
    )


def log(item: Object, nesting: int) -> LogFields:
    """LogRecord."""
    body = item.get("body")
    return LogFields(
        trace_id=read.identifier(item, "traceId", TRACE_ID_BYTES),
        span_id=read.identifier(item, "spanId", SPAN_ID_BYTES),
        flags=read.uint32(item, "flags"),
        time=read.time(item, "timeUnixNano"),
        observed=read.time(item, "observedTimeUnixNano"),
        severity_number=read.enum(item, "severityNumber", _SEVERITY_NUMBERS),
        severity_text=read.text(item, "severityText"),
        event_name=read.text(item, "eventName"),
        body=None if body is None else any_value(body, nesting),
        attributes=attributes(item.get("attributes"), "attributes", nesting),
        dropped_attributes=read.uint32(item, "droppedAttributesCount"),
    )
