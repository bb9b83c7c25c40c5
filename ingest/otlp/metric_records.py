"""Metric data points of all five kinds as rows; the rules of `records` on what only metrics have.

Source: opentelemetry-proto 1.x, metrics/v1/metrics.proto.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ingest.otlp.digest import digest
from ingest.otlp.fields import ExemplarFields, MetricFields, PointFields
from ingest.otlp.records import (
    SPAN_ID_BYTES,
    TEMPORALITIES,
    TRACE_ID_BYTES,
    Origin,
    Rows,
    day_of,
    enum_name,
    known_time,
    microseconds,
    optional_id,
)
from ingest.otlp.values import attribute_columns, canonical, double_text
from ingest.pieces import RecordError

NO_METRIC_DATA = RecordError("no_metric_data", "The metric carries none of the five kinds of data.")
_NO_RECORDED_VALUE = 1

_encode = msgspec.json.Encoder().encode


def add_point(rows: Rows, metric: MetricFields, point: PointFields, origin: Origin) -> None:
    """Add one data point. Raises RecordError for its times, its exemplars or a metric without a name."""
    if not metric.name:
        raise RecordError("missing_metric_name", "The metric has no name.")
    start, time = known_time(point.start, "start_time"), known_time(point.time, "time")
    temporality = None if metric.temporality is None else enum_name(TEMPORALITIES, metric.temporality)
    named = (metric.name, metric.description or None, metric.unit or None, metric.kind)
    about = (temporality, metric.is_monotonic, start, time)
    measured = _measured(point)
    exemplars = [_exemplar(exemplar) for exemplar in point.exemplars]
    # Nulls count here and values are nested, so all of a point is one text.
    text = _encode(
        (
            named,
            canonical(metric.metadata),
            about,
            point.flags,
            _exact(measured),
            [_exact((*exemplar[:5], canonical(exemplar[5]))) for exemplar in exemplars],
            canonical(point.attributes),
        )
    )
    rows["metric_points"].append(
        (
            day_of(time or start),
            *named,
            *attribute_columns(metric.metadata),
            *about,
            microseconds(start),
            microseconds(time),
            point.flags,
            *measured[:-1],
            _quantile_column(measured[-1]),
            [_exemplar_column(exemplar) for exemplar in exemplars],
            *attribute_columns(point.attributes),
            *origin.columns,
            digest([], [origin.digest, text]).hex(),
        )
    )


def _measured(point: PointFields) -> tuple[Any, ...]:
    """The values in the order of the table's columns; all null where the point says it recorded none."""
    values = (
        point.value_int,
        point.value_double,
        point.total_count,
        point.sum,
        point.min,
        point.max,
        point.explicit_bounds,
        point.bucket_counts,
        point.scale,
        point.zero_count,
        point.zero_threshold,
        point.positive_offset,
        point.positive_counts,
        point.negative_offset,
        point.negative_counts,
        point.quantiles,
    )
    return (None,) * len(values) if point.flags & _NO_RECORDED_VALUE else values


def _exemplar(exemplar: ExemplarFields) -> tuple[Any, ...]:
    return (
        known_time(exemplar.time, "exemplar time"),
        exemplar.value_int,
        exemplar.value_double,
        optional_id(exemplar.trace_id, TRACE_ID_BYTES, "exemplar_trace_id"),
        optional_id(exemplar.span_id, SPAN_ID_BYTES, "exemplar_span_id"),
        exemplar.attributes,
    )


def _exemplar_column(exemplar: tuple[Any, ...]) -> dict[str, Any]:
    time, value_int, value_double, trace_id, span_id, attributes = exemplar
    values, types, repeated = attribute_columns(attributes)
    return {
        "time_unix_nano": time,
        "value_int": value_int,
        "value_double": value_double,
        "trace_id": trace_id,
        "span_id": span_id,
        "filtered_attributes": list(zip(*values, strict=True)),
        "filtered_attribute_types": list(zip(*types, strict=True)),
        "filtered_attributes_repeated": repeated,
    }


def _quantile_column(quantiles: list[tuple[float, float]] | None) -> list[dict[str, float]] | None:
    if quantiles is None:
        return None
    return [{"quantile": quantile, "value": value} for quantile, value in quantiles]


def _exact(value: Any) -> Any:
    """Doubles as text, which also NaN and the infinities have."""
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, list | tuple):
        return [_exact(item) for item in value]
    return value
