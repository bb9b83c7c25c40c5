"""Metrics in OTLP/JSON: the five kinds of data points. Source: opentelemetry-proto 1.x, metrics.proto."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ingest.otlp import json_values as read
from ingest.otlp.fields import ExemplarFields, MetricFields, PointFields
from ingest.otlp.json_attributes import attributes
from ingest.otlp.json_values import Object
from ingest.otlp.records import SPAN_ID_BYTES, TEMPORALITIES, TRACE_ID_BYTES

# The kind as it is stored, and the field that carries it.
METRIC_KINDS = {
    "gauge": "gauge",
    "sum": "sum",
    "histogram": "histogram",
    "exponential_histogram": "exponentialHistogram",
    "summary": "summary",
}
_WITH_TEMPORALITY = {"sum", "histogram", "exponential_histogram"}
_TEMPORALITY_NUMBERS = {f"AGGREGATION_TEMPORALITY_{name}": number for number, name in TEMPORALITIES.items()}


def metric_fields(metric: Object, kind: str, data: Object, nesting: int) -> MetricFields:
    """What the points of one metric share."""
    temporality = read.enum(data, "aggregationTemporality", _TEMPORALITY_NUMBERS)
    return MetricFields(
        name=read.text(metric, "name"),
        description=read.text(metric, "description"),
        unit=read.text(metric, "unit"),
        kind=kind,
        metadata=attributes(metric.get("metadata"), "metadata", nesting),
        temporality=temporality if kind in _WITH_TEMPORALITY else None,
        is_monotonic=read.flag(data, "isMonotonic") if kind == "sum" else None,
    )


def point_fields(kind: str, point: Object, nesting: int) -> PointFields:
    """One data point of the given kind."""
    return PointFields(
        start=read.time(point, "startTimeUnixNano"),
        time=read.time(point, "timeUnixNano"),
        flags=read.uint32(point, "flags"),
        attributes=attributes(point.get("attributes"), "attributes", nesting),
        exemplars=[_exemplar(exemplar, nesting) for exemplar in read.objects(point, "exemplars")],
        **_VALUES[kind](point),
    )


def _number(point: Object) -> dict[str, Any]:
    value_int = read.int64_or_none(point, "asInt")
    return {
        "value_int": value_int,
        "value_double": read.double_or_none(point, "asDouble") if value_int is None else None,
    }


def _histogram(point: Object) -> dict[str, Any]:
    return _totals(point) | {
        "explicit_bounds": read.double_list(point, "explicitBounds"),
        "bucket_counts": read.uint64_list(point, "bucketCounts"),
    }


def _exponential_histogram(point: Object) -> dict[str, Any]:
    return (
        _totals(point)
        | {
            "scale": read.sint32(point, "scale"),
            "zero_count": read.uint64(point, "zeroCount"),
            "zero_threshold": read.double_or_none(point, "zeroThreshold") or 0.0,
        }
        | _buckets(point, "positive")
        | _buckets(point, "negative")
    )


def _buckets(point: Object, side: str) -> dict[str, Any]:
    if point.get(side) is None:
        return {}
    buckets = read.as_object(point[side], side)
    return {
        f"{side}_offset": read.sint32(buckets, "offset"),
        f"{side}_counts": read.uint64_list(buckets, "bucketCounts"),
    }


def _summary(point: Object) -> dict[str, Any]:
    return {
        "total_count": read.uint64(point, "count"),
        "sum": read.double_or_none(point, "sum") or 0.0,
        "quantiles": [
            (read.double_or_none(entry, "quantile") or 0.0, read.double_or_none(entry, "value") or 0.0)
            for entry in read.objects(point, "quantileValues")
        ],
    }


def _totals(point: Object) -> dict[str, Any]:
    return {
        "total_count": read.uint64(point, "count"),
        "sum": read.double_or_none(point, "sum"),
        "min": read.double_or_none(point, "min"),
        "max": read.double_or_none(point, "max"),
    }


_VALUES: dict[str, Callable[[Object], dict[str, Any]]] = {
    "gauge": _number,
    "sum": _number,
    "histogram": _histogram,
    "exponential_histogram": _exponential_histogram,
    "summary": _summary,
}


def _exemplar(exemplar: Object, nesting: int) -> ExemplarFields:
    return ExemplarFields(
        time=read.time(exemplar, "timeUnixNano"),
        trace_id=read.identifier(exemplar, "traceId", TRACE_ID_BYTES),
        span_id=read.identifier(exemplar, "spanId", SPAN_ID_BYTES),
        attributes=attributes(exemplar.get("filteredAttributes"), "filteredAttributes", nesting),
        **_number(exemplar),
    )
