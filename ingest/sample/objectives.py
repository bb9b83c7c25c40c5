"""What the services promise, and how the records of the month kept it: the truth for `slo_daily`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.sample.telemetry import CONSUMER, Span

_MS = 1_000_000


@dataclass(frozen=True)
class Objectives:
    """When an event is good; the seed `slo_targets` says the same."""

    vault_bytes_per_second: int
    vault_allowance_ms: int
    event_bus_lag_ms: int
    summarization_ms: int


@dataclass(frozen=True)
class Measurement:
    """One event that an objective is measured by. `value` is its time in seconds, if one is promised."""

    slo_name: str
    at_ns: int
    is_good: bool
    value: float | None = None
    channel: str | None = None
    error: str | None = None


def measure(objectives: Objectives, spans: Sequence[Span], sent_ns: dict[str, int]) -> Iterator[Measurement]:
    """Every event among `spans` that an objective is measured by.

    `sent_ns` tells when the producers started, by span id. A notification is one, however often it was tried.
    """
    for span in spans:
        duration_ns = span.end_ns - span.start_ns
        seconds = duration_ns / 1e9
        if span.attributes.get("vault.operation") in ("create", "append"):
            size = int(str(span.attributes["vault.bytes"]))
            is_fast = size * 1_000_000_000 >= objectives.vault_bytes_per_second * duration_ns
            is_good = is_fast or duration_ns <= objectives.vault_allowance_ms * _MS
            yield Measurement("vault_throughput", span.start_ns, is_good and span.error is None, seconds)
        if span.attributes.get("agent.task") == "summarization":
            is_good = span.error is None and duration_ns <= objectives.summarization_ms * _MS
            yield Measurement("summarization_latency", span.start_ns, is_good, seconds, error=span.error)
        if (judged := span.attributes.get("retrieval.judged.count")) is not None and judged != 0:
            is_good = span.attributes["retrieval.relevant.count"] != 0
            yield Measurement("rag_hit_rate", span.start_ns, is_good)
        if span.kind == CONSUMER:
            for _, producer in span.links:
                lag_ns = span.start_ns - sent_ns[producer]
                is_good = lag_ns <= objectives.event_bus_lag_ms * _MS
                yield Measurement("event_bus_lag", span.start_ns, is_good, lag_ns / 1e9)
    yield from _notifications(spans)


def _notifications(spans: Iterable[Span]) -> Iterator[Measurement]:
    attempts: dict[str, list[Span]] = {}
    for span in spans:
        if "notification.id" in span.attributes:
            attempts.setdefault(str(span.attributes["notification.id"]), []).append(span)
    for tried in attempts.values():
        status = tried[-1].attributes["notification.status"]
        if status != "suppressed":
            channel = str(tried[-1].attributes["notification.channel"])
            yield Measurement(
                "notification_success", tried[0].start_ns, status == "delivered", channel=channel
            )
