"""Fields out of parsed OTLP messages. Source: opentelemetry-proto 1.x.

Messages come from generated code without types, hence Any. Absent optional numbers are None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ingest.otlp.fields import (
    EventFields,
    ExemplarFields,
    LinkFields,
    LogFields,
    MetricFields,
    OriginFields,
    PointFields,
    SpanFields,
)
from ingest.otlp.values import EMPTY, Attribute, Kind, Value, attribute, too_deep, unresolved_index

_KINDS: dict[str, Kind] = {
    "int_value": "int",
    "double_value": "double",
    "bool_value": "bool",
    "bytes_value": "bytes",
}


def origin(resource: Any, scope: Any, nesting: int) -> OriginFields:
    """Resource and scope from ResourceSpans and ScopeSpans, or their likes."""
    return OriginFields(
        resource_attributes=attributes(resource.resource.attributes, nesting),
        resource_schema_url=resource.schema_url,
        scope_name=scope.scope.name,
        scope_version=scope.scope.version,
        scope_attributes=attributes(scope.scope.attributes, nesting),
        scope_schema_url=scope.schema_url,
    )


def span(message: Any, nesting: int) -> SpanFields:
    """Span."""
    return SpanFields(
        trace_id=message.trace_id,
        span_id=message.span_id,
        parent_span_id=message.parent_span_id,
        trace_state=message.trace_state,
        flags=message.flags,
        name=message.name,
        kind=message.kind,
        start=message.start_time_unix_nano,
        end=message.end_time_unix_nano,
        status_code=message.status.code,
        status_message=message.status.message,
        attributes=attributes(message.attributes, nesting),
        dropped_attributes=message.dropped_attributes_count,
        dropped_events=message.dropped_events_count,
        dropped_links=message.dropped_links_count,
        events=[
            EventFields(
                e.time_unix_nano, e.name, attributes(e.attributes, nesting), e.dropped_attributes_count
            )
            for e in message.events
        ],
        links=[_link(link, nesting) for link in message.links],
    )


def log(message: Any, nesting: int) -> LogFields:
    """LogRecord."""
    return LogFields(
        trace_id=message.trace_id,
        span_id=message.span_id,
        flags=message.flags,
        time=message.time_unix_nano,
        observed=message.observed_time_unix_nano,
        severity_number=message.severity_number,
        severity_text=message.severity_text,
        event_name=message.event_name,
        body=any_value(message.body, nesting) if message.HasField("body") else None,
        attributes=attributes(message.attributes, nesting),
        dropped_attributes=message.dropped_attributes_count,
    )


def metric(message: Any, kind: str, nesting: int) -> MetricFields:
    """What the points of one Metric share."""
    data = getattr(message, kind)
    return MetricFields(
        name=message.name,
        description=message.description,
        unit=message.unit,
        kind=kind,
        metadata=attributes(message.metadata, nesting),
        temporality=None if kind in ("gauge", "summary") else data.aggregation_temporality,
        is_monotonic=data.is_monotonic if kind == "sum" else None,
    )


def point(kind: str, message: Any, nesting: int) -> PointFields:
    """A data point of the given kind."""
    exemplars = [] if kind == "summary" else message.exemplars
    return PointFields(
        start=message.start_time_unix_nano,
        time=message.time_unix_nano,
        flags=message.flags,
        attributes=attributes(message.attributes, nesting),
        exemplars=[_exemplar(exemplar, nesting) for exemplar in exemplars],
        **_VALUES[kind](message),
    )


def attributes(pairs: Any, nesting: int) -> list[Attribute]:
    """A repeated KeyValue; `nesting` is how deep a value may go."""
    found: list[Attribute] = []
    for pair in pairs:
        value = pair.value
        if value.WhichOneof("value") == "string_value" and pair.key:
            found.append((pair.key, value.string_value, None))
        else:
            found.append(attribute(_key(pair), any_value(value, nesting)))
    return found


def any_value(value: Any, nesting: int) -> Value:
    """One AnyValue."""
    field = value.WhichOneof("value")
    if field is None:
        return EMPTY
    if nesting <= 0:
        raise too_deep()
    match field:
        case "string_value":
            return Value("string", value.string_value)
        case "array_value":
            return Value("array", [any_value(item, nesting - 1) for item in value.array_value.values])
        case "kvlist_value":
            entries = value.kvlist_value.values
            return Value("kvlist", [(_key(pair), any_value(pair.value, nesting - 1)) for pair in entries])
        case "string_value_strindex":
            raise unresolved_index()
        case _:
            return Value(_KINDS[field], getattr(value, field))


def _key(pair: Any) -> str:
    if not pair.key and pair.key_strindex:
        raise unresolved_index()
    return str(pair.key)


def _link(link: Any, nesting: int) -> LinkFields:
    return LinkFields(
        trace_id=link.trace_id,
        span_id=link.span_id,
        trace_state=link.trace_state,
        flags=link.flags,
        attributes=attributes(link.attributes, nesting),
        dropped_attributes=link.dropped_attributes_count,
    )


def _exemplar(exemplar: Any, nesting: int) -> ExemplarFields:
    return ExemplarFields(
        time=exemplar.time_unix_nano,
        trace_id=exemplar.trace_id,
        span_id=exemplar.span_id,
        attributes=attributes(exemplar.filtered_attributes, nesting),
        **_number(exemplar),
    )


def _number(message: Any) -> dict[str, Any]:
    field = message.WhichOneof("value")
    return {
        "value_int": message.as_int if field == "as_int" else None,
        "value_double": message.as_double if field == "as_double" else None,
    }


def _histogram(message: Any) -> dict[str, Any]:
    return _totals(message) | {
        "explicit_bounds": list(message.explicit_bounds),
        "bucket_counts": list(message.bucket_counts),
    }


def _exponential_histogram(message: Any) -> dict[str, Any]:
    return (
        _totals(message)
        | {
            "scale": message.scale,
            "zero_count": message.zero_count,
            "zero_threshold": message.zero_threshold,
        }
        | _buckets(message, "positive")
        | _buckets(message, "negative")
    )


def _buckets(message: Any, side: str) -> dict[str, Any]:
    if not message.HasField(side):
        return {}
    buckets = getattr(message, side)
    return {f"{side}_offset": buckets.offset, f"{side}_counts": list(buckets.bucket_counts)}


def _summary(message: Any) -> dict[str, Any]:
    return {
        "total_count": message.count,
        "sum": message.sum,
        "quantiles": [(entry.quantile, entry.value) for entry in message.quantile_values],
    }


def _totals(message: Any) -> dict[str, Any]:
    return {
        "total_count": message.count,
        "sum": _optional(message, "sum"),
        "min": _optional(message, "min"),
        "max": _optional(message, "max"),
    }


def _optional(message: Any, field: str) -> float | None:
    return getattr(message, field) if message.HasField(field) else None


_VALUES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "gauge": _number,
    "sum": _number,
    "histogram": _histogram,
    "exponential_histogram": _exponential_histogram,
    "summary": _summary,
}
