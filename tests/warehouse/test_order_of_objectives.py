"""What objectives and connectors tie together across days gives the same marts in any order of loading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.loading import load_once
from tests.running import Home
from tests.warehouse.building import SECOND, build

# One worker builds the warehouses that all of these compare.
pytestmark = [pytest.mark.xdist_group("order"), pytest.mark.long]

DAY = 86_400 * SECOND
# 2026-10-01T12:00:00Z
NOON = 1_790_812_800 * SECOND + DAY // 2
CLIENT, PRODUCER, CONSUMER = 3, 4, 5

MARTS = ("slo_daily", "connector_performance_daily")
COMPARED = ("marts.slo_daily", "marts.connector_performance_daily", "intermediate.int_slo_sources")

Json = dict[str, Any]


def _attributes(values: dict[str, str | int]) -> list[Json]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in values.items()
    ]


def span(
    number: int,
    start: int,
    values: dict[str, str | int],
    kind: int = CLIENT,
    *,
    link: int | None = None,
    below: int | None = None,
) -> Json:
    """A span of a second in its own trace; `link`, or `below` in one trace, is the producer it continues."""
    links = [] if link is None else [{"traceId": f"{link:032x}", "spanId": f"{link:016x}"}]
    return {
        "traceId": f"{below or number:032x}",
        "spanId": f"{number:016x}",
        "parentSpanId": f"{below:016x}" if below else "",
        "name": "work",
        "kind": kind,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + SECOND),
        "attributes": _attributes(values),
        "links": links,
    }


def lags(time: int, buckets: list[int]) -> Json:
    """A cumulative point of a bus that began at noon of the first day."""
    point = {
        "startTimeUnixNano": str(NOON),
        "timeUnixNano": str(time),
        "count": str(sum(buckets)),
        "sum": 1.0,
        "explicitBounds": [5.0],
        "bucketCounts": [str(count) for count in buckets],
    }
    histogram = {"aggregationTemporality": 2, "dataPoints": [point]}
    return {"name": "eventbus.delivery.lag", "unit": "s", "histogram": histogram}


def completed(call: str, time: str, status: str) -> Json:
    """The event that ends a connector's call."""
    return {
        "specversion": "1.0",
        "id": call,
        "source": "/connectors",
        "type": "connector.call.completed",
        "time": time,
        "data": {
            "call_id": call,
            "tenant_id": "acme",
            "connector_name": "crm",
            "status": status,
            "duration_ms": 2000,
        },
    }


def _notification(number: str, status: str) -> dict[str, str | int]:
    return {"notification.id": number, "notification.status": status}


def _call(number: str, attempt: int) -> dict[str, str | int]:
    return {"connector.call.id": number, "connector.name": "crm", "retry.attempt": attempt}


# Of each pair that belongs together one part is early and one late, days apart.
EARLY = {
    "spans": [
        span(1, NOON, {}, PRODUCER),
        span(4, NOON + 3 * DAY, {}, CONSUMER, link=3),
        span(5, NOON, _notification("retried", "failed")),
        span(8, NOON + 3 * DAY, _notification("retried-too", "delivered")),
        span(9, NOON, _call("a", 1)),
        span(12, NOON + 2 * DAY, _call("b", 2)),
        span(13, NOON, _call("c", 1)),
        span(15, NOON, {}, PRODUCER),
        span(16, NOON + 3 * DAY, {}, CONSUMER, below=15),
    ],
    "metrics": [lags(NOON + DAY, [10, 2]), lags(NOON + 4 * DAY, [30, 3])],
    "events": [completed("d", "2026-10-02T12:00:00Z", "ok")],
}
LATE = {
    "spans": [
        span(2, NOON + 2 * DAY, {}, CONSUMER, link=1),
        span(3, NOON + 3 * DAY - 7 * SECOND, {}, PRODUCER),
        span(6, NOON + 2 * DAY, _notification("retried", "delivered")),
        span(7, NOON, _notification("retried-too", "failed")),
        span(10, NOON + 2 * DAY, _call("a", 2)),
        span(11, NOON, _call("b", 1)),
        span(14, NOON + DAY, _call("d", 1)),
    ],
    "metrics": [lags(NOON + 2 * DAY, [20, 2])],
    "events": [completed("c", "2026-10-03T00:00:01Z", "denied")],
}
# It belongs to nothing, and its day is computed anew.
UNRELATED = {"spans": [span(17, NOON + DAY, {})], "metrics": [], "events": []}
ORDERS = {
    "at once": [EARLY, LATE, UNRELATED],
    "early first": [EARLY, LATE, UNRELATED],
    "late first": [LATE, EARLY, UNRELATED],
}

Tables = dict[str, list[tuple[Any, ...]]]


def _write(home: Home, name: str, part: dict[str, list[Json]]) -> None:
    resource = {"attributes": _attributes({"service.name": "notifier"})}
    metered = {"attributes": _attributes({"service.name": "bus"})}
    spans = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": part["spans"]}]}]}
    metrics = {"resourceMetrics": [{"resource": metered, "scopeMetrics": [{"metrics": part["metrics"]}]}]}
    _append(home.path / "landing" / "otlp" / f"{name}.jsonl", [spans, metrics])
    _append(home.path / "landing" / "governance" / f"{name}.jsonl", part["events"])


def _append(path: Path, documents: list[Json]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8")


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tables]:
    """The compared tables for each order of loading, built after every load."""
    found = {}
    for order, parts in ORDERS.items():
        home = Home(tmp_path_factory.mktemp("order"))
        for number, part in enumerate(parts):
            _write(home, str(number), part)
            if order != "at once" or part is parts[-1]:
                load_once(home.settings, progress=lambda _: None)
                build(home, *(f"+{mart}" for mart in MARTS))
        found[order] = {table: home.in_lake(f"select * from lake.{table} order by all") for table in COMPARED}
    return found


@pytest.mark.parametrize("order", ["early first", "late first"])
@pytest.mark.parametrize("table", COMPARED)
def test_loading_in_two_parts_gives_what_loading_at_once_gives(
    warehouses: dict[str, Tables], order: str, table: str
) -> None:
    assert warehouses[order][table] == warehouses["at once"][table]


def test_a_notification_counts_once_on_its_first_day(warehouses: dict[str, Tables]) -> None:
    rows = [row for row in warehouses["at once"]["marts.slo_daily"] if row[1] == "notification_success"]
    assert [(str(row[0]), row[3], row[4]) for row in rows] == [("2026-10-01", 2.0, 2.0)]


def test_lags_count_on_the_consumers_day_and_buckets_by_what_they_grew(warehouses: dict[str, Tables]) -> None:
    rows = [row for row in warehouses["at once"]["marts.slo_daily"] if row[1] == "event_bus_lag"]
    # The bus: 12, 10 and 11 messages. The consumers: two days after the producer, seven seconds, three days.
    assert [(str(row[0]), row[3], row[4]) for row in rows] == [
        ("2026-10-02", 10.0, 12.0),
        ("2026-10-03", 10.0, 11.0),
        ("2026-10-04", 0.0, 2.0),
        ("2026-10-05", 10.0, 11.0),
    ]


def test_a_connectors_call_counts_once_on_its_first_day(warehouses: dict[str, Tables]) -> None:
    rows = warehouses["at once"]["marts.connector_performance_daily"]
    # a, b and c on the first day, of which c was denied; d on the second.
    by_day: dict[str, list[float]] = {}
    for row in rows:
        counted = by_day.setdefault(str(row[0]), [0, 0, 0])
        for place, value in enumerate((row[4], row[6], row[7])):
            counted[place] += value
    assert by_day == {"2026-10-01": [3, 1, 1], "2026-10-02": [1, 0, 0]}
