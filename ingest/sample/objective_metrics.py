"""SDK metrics of the objectives, cumulative, exported at midnight.

Most say what spans say too; the search gateway has no spans, so that its metrics are all there is.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from ingest.sample.month import Life, midnight, nanoseconds
from ingest.sample.objectives import Measurement
from ingest.sample.telemetry import Attributes, CounterPoint, HistogramPoint, Origin, Value

_DAY_NS = 86_400 * 1_000_000_000
# Seconds. Each objective's threshold is among them: only then a histogram tells what was good.
_LAG_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5, 10.0)
_DURATION_BOUNDS = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0)
_CALL_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

_Series = tuple[Origin, int, str, tuple[tuple[str, Value], ...]]
Point = HistogramPoint | CounterPoint

_BOUNDS = {
    "eventbus.delivery.lag": _LAG_BOUNDS,
    "gen_ai.invoke_agent.duration": _DURATION_BOUNDS,
    "connector.call.duration": _CALL_BOUNDS,
}
_UNITS = {
    "vault.operation.within_target": "{operation}",
    "rag.retrieval.judged": "{query}",
    "notification.deliveries": "{notification}",
}


class ObjectiveMetrics:
    """The meter of one service: every series since its process began, by the day an event started on."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._recorded: dict[int, dict[_Series, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._buckets: dict[_Series, list[int]] = {}
        self._sums: dict[_Series, float] = defaultdict(float)

    def record(self, origin: Origin, began_ns: int, measurement: Measurement) -> None:
        """Count one event of a process of `origin` that runs since `began_ns`."""
        metric, attributes = _told(measurement)
        self.count(origin, began_ns, metric, attributes, measurement.at_ns, measurement.value)

    def count(
        self,
        origin: Origin,
        began_ns: int,
        metric: str,
        attributes: Attributes,
        at_ns: int,
        value: float | None,
    ) -> None:
        """Add to the series of `metric` with `attributes`; `value` is null for counters."""
        day = self._life.window(at_ns, _DAY_NS)
        series = (origin, max(self._life.first_ns, began_ns), metric, tuple(attributes.items()))
        self._recorded[day][series].append(1.0 if value is None else value)

    def export(self, day: date) -> Iterator[tuple[Origin, list[Point]]]:
        """What the meter exports at the end of `day`: every series that recorded something."""
        through = nanoseconds(midnight(day)) // _DAY_NS
        for number in sorted(number for number in self._recorded if number <= through):
            by_origin: dict[Origin, list[Point]] = defaultdict(list)
            for series, values in self._recorded.pop(number).items():
                by_origin[series[0]].append(self._add(series, values, (number + 1) * _DAY_NS))
            yield from by_origin.items()

    def _add(self, series: _Series, values: list[float], time_ns: int) -> Point:
        _, start_ns, metric, attributes = series
        self._sums[series] += sum(values)
        if metric not in _BOUNDS:
            total = round(self._sums[series])
            return CounterPoint(metric, _UNITS[metric], dict(attributes), start_ns, time_ns, total)
        bounds = _BOUNDS[metric]
        buckets = self._buckets.setdefault(series, [0] * (len(bounds) + 1))
        for value in values:
            # Bucket i holds what is at most bound i.
            buckets[bisect_left(bounds, value)] += 1
        return HistogramPoint(
            metric=metric,
            unit="s",
            bounds=bounds,
            attributes=dict(attributes),
            start_ns=start_ns,
            time_ns=time_ns,
            count=sum(buckets),
            sum=self._sums[series],
            bucket_counts=list(buckets),
        )


def gateway_searches(
    meter: ObjectiveMetrics, origin: Origin, day: date, rng: random.Random
) -> Iterator[bool]:
    """Count the judged searches of `day` and the connector calls behind them; yield whether each hit."""
    start_ns = nanoseconds(midnight(day))
    for _ in range(rng.randint(12, 24)):
        at_ns = start_ns + rng.randrange(_DAY_NS)
        is_hit = rng.random() < 0.93
        meter.count(origin, 0, "rag.retrieval.judged", {"rag.hit": is_hit}, at_ns, None)
        took = round(rng.uniform(0.03, 1.4), 3)
        meter.count(origin, 0, "connector.call.duration", {"connector.name": "confluence"}, at_ns, took)
        yield is_hit


def _told(measurement: Measurement) -> tuple[str, Attributes]:
    match measurement.slo_name:
        case "vault_throughput":
            return "vault.operation.within_target", {"slo.good": measurement.is_good}
        case "event_bus_lag":
            return "eventbus.delivery.lag", {"messaging.destination.name": "agent-notifications"}
        case "summarization_latency":
            task: Attributes = {"agent.task": "summarization"}
            error: Attributes = {} if measurement.error is None else {"error.type": measurement.error}
            return "gen_ai.invoke_agent.duration", task | error
        case "rag_hit_rate":
            return "rag.retrieval.judged", {"rag.hit": measurement.is_good}
        case _:
            status = "delivered" if measurement.is_good else "failed"
            channel: Attributes = {"notification.channel": str(measurement.channel)}
            return "notification.deliveries", channel | {"notification.status": status}
