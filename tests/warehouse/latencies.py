"""Durations with long tails, as spans and as exponential histograms, and the truth about them."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from ingest.loading import load_once
from tests.running import Home
from tests.warehouse.building import SECOND, Span, land

DAY = 86_400 * SECOND
# 2026-10-01T00:00:00Z
MONTH = 1_790_812_800 * SECOND
# What SDKs come to over a range from milliseconds to minutes, and what a coarse one comes to.
METRIC_SCALES = {"fine-meter": 4, "coarse-meter": 2}


class Latency(NamedTuple):
    """One operation as it was: `day` counts from 0, `milliseconds` are exact."""

    day: int
    service_name: str
    agent_name: str
    milliseconds: float


def a_month(seed: int) -> list[Latency]:
    """A month of three services, two of which tell their latencies in metrics alone. Every day is another."""
    draw = random.Random(seed)  # noqa: S311 - the same every time
    latencies = []
    for day in range(30):
        for service in ("spans", *METRIC_SCALES):
            slowness = draw.lognormvariate(0, 0.8)
            for _ in range(draw.choice((20, 60, 250))):
                agent = draw.choice(("planner", "writer", "critic"))
                # A log-normal body; one in twenty hangs for a Pareto tail, one in fifty answers at once.
                nanoseconds = int(draw.lognormvariate(6.5, 1) * slowness * 1_000_000)
                if draw.random() < 0.05:
                    nanoseconds = int(nanoseconds * draw.paretovariate(0.9))
                if draw.random() < 0.02:
                    nanoseconds = 0
                latencies.append(Latency(day, service, agent, min(nanoseconds, DAY) / 1_000_000))
    return latencies


def land_month(home: Home, latencies: Iterable[Latency]) -> None:
    """Land `latencies` as spans, and as delta histograms of one point a day, service and agent."""
    spans, points = [], Counter[tuple[int, str, str, int | None]]()
    for number, latency in enumerate(latencies, start=1):
        if latency.service_name == "spans":
            started_at = MONTH + latency.day * DAY + number
            attributes: dict[str, str | int] = {
                "service.name": latency.service_name,
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": latency.agent_name,
            }
            spans.append(
                Span(number, number, started_at, started_at + round(latency.milliseconds * 1e6), attributes)
            )
        else:
            scale = METRIC_SCALES[latency.service_name]
            points[(*latency[:3], _index(latency.milliseconds / 1000, scale))] += 1
    otlp = home.path / "landing" / "otlp"
    otlp.mkdir(parents=True, exist_ok=True)
    (otlp / "metrics.jsonl").write_text(json.dumps(_request(points)) + "\n", encoding="utf-8")
    land(home, "traces.jsonl", spans)
    load_once(home.settings, progress=lambda _: None)


def _index(seconds: float, scale: int) -> int | None:
    return math.ceil(math.log2(seconds) * 2**scale) - 1 if seconds > 0 else None


def _request(counts: Counter[tuple[int, str, str, int | None]]) -> dict[str, Any]:
    series: dict[tuple[int, str, str], Counter[int | None]] = {}
    for (day, service, agent, index), count in counts.items():
        series.setdefault((day, service, agent), Counter())[index] = count
    resources = []
    for (day, service, agent), buckets in series.items():
        filled = [index for index in buckets if index is not None]
        point = {
            "startTimeUnixNano": str(MONTH + day * DAY),
            "timeUnixNano": str(MONTH + (day + 1) * DAY),
            "count": str(sum(buckets.values())),
            "scale": METRIC_SCALES[service],
            "zeroCount": str(buckets[None]),
            "positive": {
                "offset": min(filled),
                "bucketCounts": [str(buckets[index]) for index in range(min(filled), max(filled) + 1)],
            },
            "attributes": [{"key": "gen_ai.agent.name", "value": {"stringValue": agent}}],
        }
        metric = {
            "name": "gen_ai.invoke_agent.duration",
            "unit": "s",
            "exponentialHistogram": {"aggregationTemporality": 1, "dataPoints": [point]},
        }
        resources.append(
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
                "scopeMetrics": [{"metrics": [metric]}],
            }
        )
    return {"resourceMetrics": resources}


def nearest_rank(latencies: Iterable[Latency], quantile: float) -> float:
    """The exact quantile: the smallest latency that at least this share of all does not exceed."""
    ordered = sorted(latency.milliseconds for latency in latencies)
    return ordered[max(math.ceil(round(quantile * len(ordered), 6)), 1) - 1]
