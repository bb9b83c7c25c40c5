"""How telemetry leaves a service: batches by origin, some of them late, some delivered twice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from ingest.sample.encode import logs_json, metrics_protobuf, traces_json, traces_protobuf
from ingest.sample.landing_file import LandingFile
from ingest.sample.telemetry import LogRecord, MetricPoint, Origin, Span

Batch = tuple[Origin, list[Span]]

_BATCH = 64
# Of the traces, how many lose every other span to the next day's file: half of a trace arrives late.
_LATE_SHARE = 0.004
# Of the batches, how many are sent again the next day, because the first answer got lost.
_REPEATED_SHARE = 0.008


class TraceSender:
    """The exporter of one service: writes one file a day and remembers what is still to be sent.

    Batches are bounded, and a day holds only what is late, so memory does not grow with the traffic. From
    the day `holds_until` on nothing is held back any more; null: on no day.
    """

    def __init__(self, folder: Path, form: str, holds_until: date | None, counts: Counter[str]) -> None:
        self._folder, self._form, self._holds_until, self._counts = folder, form, holds_until, counts
        self._held: list[Batch] = []

    def send_day(self, day: date, traces: Iterable[Batch], rng: random.Random) -> None:
        """Write the file of `day`: what the day before held back, then `traces`."""
        may_hold = self._holds_until is not None and day < self._holds_until
        encode = traces_protobuf if "binpb" in self._form else traces_json
        waiting, self._held = self._held, []
        with LandingFile(self._folder / f"traces-{day}.{self._form}") as file:
            for origin, spans in waiting:
                file.append(encode(origin, spans))
            punctual = self._hold_late(traces, rng) if may_hold else traces
            for origin, batch in _batches(punctual):
                file.append(encode(origin, batch))
                if may_hold and rng.random() < _REPEATED_SHARE:
                    self._held.append((origin, batch))
                    self._counts["repeated_spans"] += len(batch)
        self._counts["files"] += 1

    def _hold_late(self, traces: Iterable[Batch], rng: random.Random) -> Iterator[Batch]:
        for origin, spans in traces:
            if len(spans) > 1 and rng.random() < _LATE_SHARE:
                self._held.append((origin, spans[1::2]))
                self._counts["late_spans"] += len(spans[1::2])
                yield origin, spans[::2]
            else:
                yield origin, spans


def _batches(traces: Iterable[Batch]) -> Iterator[Batch]:
    """Traces of one origin together, as soon as there are enough of them; the rest at the end."""
    waiting: dict[Origin, list[Span]] = {}
    for origin, spans in traces:
        batch = waiting.setdefault(origin, [])
        batch += spans
        if len(batch) >= _BATCH:
            yield origin, waiting.pop(origin)
    yield from waiting.items()


def write_logs(
    folder: Path, day: date, origin: Origin, records: list[LogRecord], counts: Counter[str]
) -> None:
    """Write the log records of `day` in batches."""
    with LandingFile(folder / f"logs-{day}.jsonl") as file:
        for start in range(0, len(records), _BATCH):
            file.append(logs_json(origin, records[start : start + _BATCH]))
    counts["log_records"] += len(records)
    counts["files"] += 1


def write_metrics(
    folder: Path,
    day: date,
    exports: Iterable[tuple[Origin, Sequence[MetricPoint]]],
    counts: Counter[str],
    *,
    subject: str = "metrics",
) -> None:
    """Write the metric exports of `day` as protobuf frames."""
    with LandingFile(folder / f"{subject}-{day}.binpb") as file:
        for origin, points in exports:
            file.append(metrics_protobuf(origin, points))
            counts["metric_points"] += len(points)
    counts["files"] += 1
