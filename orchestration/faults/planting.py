"""How a fault is written into the landing folder: what every declaration of the catalogue needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.sample.dialects import spans_of
from ingest.sample.landing_file import write_lines
from ingest.sample.runs import Run
from ingest.sample.telemetry import Span, Value
from orchestration.faults.clean import traces_of
from orchestration.faults.fault import Plant


def file(path: str, content: bytes) -> Plant:
    """One file of these bytes, in place of what the clean folder has there."""

    def plant(landing: Path) -> None:
        (landing / path).parent.mkdir(parents=True, exist_ok=True)
        (landing / path).write_bytes(content)

    return plant


def lines(path: str, *documents: bytes) -> Plant:
    """One file of JSON lines."""
    return lambda landing: write_lines(landing / path, list(documents))


def events(*documents: bytes) -> Plant:
    """Events of governance, consent, connectors or the vault."""
    return lines("governance/planted.jsonl", *documents)


def billing(*documents: bytes) -> Plant:
    """Events of billing."""
    return lines("billing/planted.jsonl", *documents)


def traces(run: Run, spans: Sequence[Span] | None = None) -> Plant:
    """A run's spans, or `spans` in their place."""
    return lines("otlp/planted/traces.jsonl", traces_of(run, spans))


def both(*plants: Plant) -> Plant:
    """Several files that are one fault together."""

    def plant(landing: Path) -> None:
        for each in plants:
            each(landing)

    return plant


def spans_with(run: Run, changes: Mapping[str, Value | None], *, operation: str | None = None) -> list[Span]:
    """A run's spans with other attributes, null taking one away; those of one operation alone, if told."""
    return [
        replace(span, attributes=_changed(span, changes))
        if operation in (None, span.attributes.get("gen_ai.operation.name"))
        else span
        for span in spans_of(run)
    ]


def _changed(span: Span, changes: Mapping[str, Value | None]) -> dict[str, Value]:
    given = span.attributes | {name: value for name, value in changes.items() if value is not None}
    return {name: value for name, value in given.items() if changes.get(name, value) is not None}
