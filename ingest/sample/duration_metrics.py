"""SDK metrics beside the spans: `gen_ai.client.operation.duration` as cumulative exponential histograms.

The same calls as in the spans, so whoever adds both counts twice.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from ingest.sample.month import Life, midnight, nanoseconds
from ingest.sample.origins import origin_of
from ingest.sample.runs import Call, Run
from ingest.sample.telemetry import Attributes, ExponentialPoint, Origin

_WINDOW_NS = 6 * 3_600 * 1_000_000_000
# What SDKs begin with, and how many buckets they keep.
_SCALE, _BUCKETS = 20, 160

_Series = tuple[Origin, int, tuple[tuple[str, str], ...]]


@dataclass
class _Histogram:
    """An exponential histogram as SDKs keep it: as fine as its range allows. Values are seconds."""

    scale: int = _SCALE
    counts: Counter[int] = field(default_factory=Counter)
    zeros: int = 0
    total: float = 0.0

    def record(self, seconds: float) -> None:
        """Count one value; where the range outgrows the buckets, halve their number."""
        self.total += seconds
        if seconds == 0:
            self.zeros += 1
            return
        self.counts[math.ceil(math.log2(seconds) * 2**self.scale) - 1] += 1
        while max(self.counts) - min(self.counts) >= _BUCKETS:
            self.scale -= 1
            coarser: Counter[int] = Counter()
            for index, count in self.counts.items():
                coarser[index >> 1] += count
            self.counts = coarser


class DurationMetrics:
    """The meter of one service: every series since its process began, exported every six hours."""

    def __init__(self, life: Life) -> None:
        self._life = life
        # Seconds recorded but not exported yet, by window of the clock.
        self._recorded: dict[int, dict[_Series, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._histograms: dict[_Series, _Histogram] = defaultdict(_Histogram)

    def record(self, run: Run) -> None:
        """Time every call of `run`, failed ones included."""
        start_ns = self._life.began(run.release.at)
        for call in run.calls:
            window = self._life.window(call.end_ns, _WINDOW_NS)
            series = (origin_of(run), start_ns, _attributes(call))
            self._recorded[window][series].append((call.end_ns - call.start_ns) / 1e9)

    def export(self, day: date) -> Iterator[tuple[Origin, list[ExponentialPoint]]]:
        """What the meter exports during `day`, window by window: every series that recorded something."""
        end_window = nanoseconds(midnight(day)) // _WINDOW_NS + 4
        for window in sorted(window for window in self._recorded if window < end_window):
            by_origin: dict[Origin, list[ExponentialPoint]] = defaultdict(list)
            for series, values in self._recorded.pop(window).items():
                by_origin[series[0]].append(self._add(series, values, (window + 1) * _WINDOW_NS))
            yield from by_origin.items()

    def _add(self, series: _Series, values: list[float], time_ns: int) -> ExponentialPoint:
        histogram = self._histograms[series]
        for value in values:
            histogram.record(value)
        offset = min(histogram.counts, default=0)
        last = max(histogram.counts, default=-1)
        _, start_ns, attributes = series
        described: Attributes = dict(attributes)
        return ExponentialPoint(
            metric="gen_ai.client.operation.duration",
            unit="s",
            attributes=described,
            start_ns=start_ns,
            time_ns=time_ns,
            sum=histogram.total,
            scale=histogram.scale,
            zero_count=histogram.zeros,
            offset=offset,
            bucket_counts=[histogram.counts[index] for index in range(offset, last + 1)],
        )


def _attributes(call: Call) -> tuple[tuple[str, str], ...]:
    attributes = {
        "gen_ai.operation.name": call.operation,
        "gen_ai.provider.name": call.model.provider,
        "gen_ai.request.model": call.model.name,
    }
    if call.response_id is not None:
        attributes["gen_ai.response.model"] = call.model.answers_as
    if call.error is not None:
        attributes["error.type"] = call.error
    return tuple(attributes.items())
