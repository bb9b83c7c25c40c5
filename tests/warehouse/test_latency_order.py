"""Histograms that arrive late, in any order, give the same latencies."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from ingest.loading import load_once
from tests.running import Home
from tests.warehouse.building import build
from tests.warehouse.latencies import DAY, MONTH

pytestmark = pytest.mark.xdist_group("latency")

TABLES = ("intermediate.int_latency_increases", "marts.latency_daily", "marts.latency_histogram_daily")
# (agent, hours since the month began, hours at which the series began, scale, counts from bucket 0 on). The
# first grows over midnight, becomes coarser, pauses for a day, begins anew. Of the others each has days that
# the other changes, but not itself, in one of the two parts.
POINTS = [
    ("a", 6, 0, 3, [1, 0, 0]),
    ("a", 18, 0, 3, [1, 2, 0]),
    ("a", 30, 0, 3, [2, 2, 5]),
    ("a", 42, 0, 2, [7, 6]),
    ("a", 78, 0, 2, [8, 6]),
    ("a", 90, 85, 4, [3, 0]),
    ("a", 102, 85, 4, [3, 1]),
    ("b", 126, 97, 3, [2, 2]),
    ("b", 100, 97, 3, [1, 1]),
    ("c", 103, 97, 3, [4]),
    ("c", 127, 97, 3, [7]),
]


def _land(home: Home, name: str, points: list[tuple[str, int, int, int, list[int]]]) -> None:
    encoded = [
        {
            "startTimeUnixNano": str(MONTH + begun * DAY // 24 + 1),
            "timeUnixNano": str(MONTH + hour * DAY // 24),
            "count": str(sum(counts)),
            "scale": scale,
            "positive": {"offset": 0, "bucketCounts": [str(count) for count in counts]},
            "attributes": [
                {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                {"key": "gen_ai.agent.name", "value": {"stringValue": agent}},
            ],
        }
        for agent, hour, begun, scale, counts in points
    ]
    metric = {
        "name": "gen_ai.client.operation.duration",
        "unit": "s",
        "exponentialHistogram": {"aggregationTemporality": 2, "dataPoints": encoded},
    }
    otlp = home.path / "landing" / "otlp"
    otlp.mkdir(parents=True, exist_ok=True)
    request = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}
    (otlp / name).write_text(json.dumps(request) + "\n", encoding="utf-8")
    load_once(home.settings, progress=lambda _: None)


def _tables(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    return {table: home.in_lake(f"select * from lake.{table} order by all") for table in TABLES}


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    home = Home(tmp_path_factory.mktemp("at_once"))
    _land(home, "all.jsonl", POINTS)
    build(home, "+latency_daily", "+latency_histogram_daily")
    return _tables(home)


@pytest.mark.parametrize(
    "first", [pytest.param(0, marks=pytest.mark.long), 1], ids=["even first", "odd first"]
)
def test_histograms_in_two_parts_give_what_they_give_at_once(
    at_once: dict[str, list[tuple[Any, ...]]], first: int, tmp_path: Any
) -> None:
    home = Home(tmp_path)
    for number, part in enumerate((POINTS[first::2], POINTS[1 - first :: 2])):
        _land(home, f"{number}.jsonl", part)
        build(home, "+latency_daily", "+latency_histogram_daily")
    assert _tables(home) == at_once


def test_each_day_has_what_was_counted_on_it(at_once: dict[str, list[tuple[Any, ...]]]) -> None:
    requests: dict[str, float] = defaultdict(float)
    for row in at_once["marts.latency_daily"]:
        requests[str(row[0])] += row[11]
    assert requests == {
        "2026-10-01": 3.0,
        "2026-10-02": 10.0,
        "2026-10-04": 4.0,
        "2026-10-05": 1.0 + 2.0 + 4.0,
        "2026-10-06": 2.0 + 3.0,
    }
