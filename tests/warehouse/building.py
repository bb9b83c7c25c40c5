"""Land telemetry in a home of its own and build models from it, as often as a test asks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ingest.loading import load_once
from orchestration.project import lake_for_dbt
from tests.dbt_forks import run_dbt
from tests.running import Home

SECOND = 10**9


class Span(NamedTuple):
    """A span as a service sends it. Times are ns since the epoch; without an end it is a partial copy."""

    trace: int
    number: int
    started_at: int
    ended_at: int | None
    attributes: Mapping[str, str | int]
    parent: int | None = None


class Event(NamedTuple):
    """A log record that says something happened, with only the time at which it was observed, in ns."""

    name: str
    observed_at: int
    attributes: Mapping[str, str | int]


class Point(NamedTuple):
    """A point of a cumulative counter that began at `started_at`. Times are ns since the epoch."""

    metric: str
    started_at: int
    at: int
    value: int
    attributes: Mapping[str, str | int]


def land(home: Home, name: str, records: Iterable[Span | Event | Point], *, service: str = "") -> None:
    """One OTLP/JSON file with these records of a service, loaded in one commit."""
    otlp = home.path / "landing" / "otlp"
    otlp.mkdir(parents=True, exist_ok=True)
    resource = {"attributes": _attributes({"service.name": service} if service else {})}
    told = list(records)
    spans = [_otlp(record) for record in told if isinstance(record, Span)]
    events = [_event(record) for record in told if isinstance(record, Event)]
    metrics = [_metric(record) for record in told if isinstance(record, Point)]
    requests = (
        {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]} if spans else None,
        {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": events}]}]} if events else None,
        {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": metrics}]}]}
        if metrics
        else None,
    )
    lines = "".join(json.dumps(request) + "\n" for request in requests if request)
    (otlp / name).write_text(lines, encoding="utf-8")
    land_files(home)


def land_files(home: Home) -> None:
    """Load what stands in the landing folder."""
    load_once(home.settings, progress=lambda _: None)


def build(home: Home, *selection: str, **environ: str) -> None:
    """Seeds and models of the selection; their own tests are run elsewhere."""
    dbt(home, "build", "--select", *selection, "--exclude-resource-type", "test", "unit_test", **environ)


def compiled(home: Home, question: str) -> str:
    """The plain SQL of a query with macros."""
    return dbt(home, "compile", "--inline", question)


def dbt(home: Home, *command: str, **environ: str) -> str:
    """What a dbt command on the lake of this home printed; asserts that it succeeded."""
    target = str(home.path / "target")
    succeeded, printed = run_dbt(
        [command[0], "--target-path", target, "--log-path", target, *command[1:]],
        home.environ | lake_for_dbt(home.settings.catalog, home.settings.lake) | environ,
    )
    assert succeeded, printed
    return printed


def _otlp(span: Span) -> dict[str, Any]:
    fields = {
        "traceId": f"{span.trace:032x}",
        "spanId": f"{span.number:016x}",
        "parentSpanId": f"{span.parent:016x}" if span.parent else "",
        "name": "work",
        "startTimeUnixNano": str(span.started_at),
        "attributes": _attributes(span.attributes),
    }
    return fields if span.ended_at is None else fields | {"endTimeUnixNano": str(span.ended_at)}


def _event(event: Event) -> dict[str, Any]:
    return {
        "observedTimeUnixNano": str(event.observed_at),
        "attributes": _attributes({"event.name": event.name, **event.attributes}),
    }


def _metric(point: Point) -> dict[str, Any]:
    told = {
        "startTimeUnixNano": str(point.started_at),
        "timeUnixNano": str(point.at),
        "asInt": str(point.value),
        "attributes": _attributes(point.attributes),
    }
    return {
        "name": point.metric,
        "sum": {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [told]},
    }


def _attributes(attributes: Mapping[str, str | int]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: str | int) -> dict[str, str]:
    return {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)}
