"""SDK metrics beside the spans: `gen_ai.client.token.usage` as cumulative histograms.

The same tokens as in the spans, so whoever adds both counts twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from ingest.sample.month import Life, midnight, nanoseconds
from ingest.sample.origins import origin_of
from ingest.sample.runs import Run
from ingest.sample.telemetry import HistogramPoint, Origin

# Bucket bounds that the GenAI conventions advise for token counts.
_BOUNDS = tuple(float(4**power) for power in range(14))
_WINDOW_NS = 6 * 3_600 * 1_000_000_000

_Series = tuple[Origin, int, str, str, str, str]


class TokenMetrics:
    """The meter of one service: every series since its process began, exported every six hours."""

    def __init__(self, life: Life) -> None:
        self._life = life
        # Values recorded but not exported yet, by window of the clock.
        self._recorded: dict[int, dict[_Series, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._buckets: dict[_Series, list[int]] = {}
        self._sums: dict[_Series, int] = defaultdict(int)

    def record(self, run: Run) -> None:
        """Count the tokens of every call of `run` that reported any."""
        start_ns = self._life.began(run.release.at)
        for call in run.calls:
            if call.usage is None:
                continue
            window = self._life.window(call.end_ns, _WINDOW_NS)
            model = (call.model.provider, call.model.name, call.model.answers_as)
            for token_type, tokens in (("input", call.usage.input), ("output", call.usage.output)):
                self._recorded[window][(origin_of(run), start_ns, *model, token_type)].append(tokens)

    def export(self, day: date) -> Iterator[tuple[Origin, list[HistogramPoint]]]:
        """What the meter exports during `day`, window by window: every series that recorded something."""
        end_window = nanoseconds(midnight(day)) // _WINDOW_NS + 4
        for window in sorted(window for window in self._recorded if window < end_window):
            by_origin: dict[Origin, list[HistogramPoint]] = defaultdict(list)
            for series, values in self._recorded.pop(window).items():
                by_origin[series[0]].append(self._add(series, values, (window + 1) * _WINDOW_NS))
            yield from by_origin.items()

    def _add(self, series: _Series, values: list[int], time_ns: int) -> HistogramPoint:
        buckets = self._buckets.setdefault(series, [0] * (len(_BOUNDS) + 1))
        for value in values:
            # Bucket i holds what is at most bound i.
            buckets[sum(value > bound for bound in _BOUNDS)] += 1
        self._sums[series] += sum(values)
        _, start_ns, provider, model, answers_as, token_type = series
        return HistogramPoint(
            metric="gen_ai.client.token.usage",
            unit="{token}",
            bounds=_BOUNDS,
            attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": provider,
                "gen_ai.request.model": model,
                "gen_ai.response.model": answers_as,
                "gen_ai.token.type": token_type,
            },
            start_ns=start_ns,
            time_ns=time_ns,
            count=sum(buckets),
            sum=float(self._sums[series]),
            bucket_counts=list(buckets),
        )
