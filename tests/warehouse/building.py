"""Land spans in a home of their own and build models from them, as often as a test asks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ingest.loading import load_once
from tests.running import ROOT, Home

SECOND = 10**9


class Span(NamedTuple):
    """A span as a service sends it. Times are ns since the epoch; without an end it is a partial copy."""

    trace: int
    number: int
    started_at: int
    ended_at: int | None
    attributes: Mapping[str, str | int]
    parent: int | None = None


def land(home: Home, name: str, spans: Iterable[Span]) -> None:
    """One OTLP/JSON file with these spans, loaded in one commit."""
    otlp = home.path / "landing" / "otlp"
    otlp.mkdir(parents=True, exist_ok=True)
    request = {"resourceSpans": [{"scopeSpans": [{"spans": [_otlp(span) for span in spans]}]}]}
    (otlp / name).write_text(json.dumps(request) + "\n", encoding="utf-8")
    load_once(home.settings, progress=lambda _: None)


def build(home: Home, *selection: str) -> None:
    """Seeds and models of the selection; their own tests are run elsewhere."""
    target = str(home.path / "target")
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "dbt", "build", "--quiet", "--profiles-dir", "."),
            *("--target-path", target, "--log-path", target, "--select", *selection),
            *("--exclude-resource-type", "test", "unit_test"),
        ],
        cwd=ROOT / "dbt_project",
        env=home.environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _otlp(span: Span) -> dict[str, Any]:
    fields = {
        "traceId": f"{span.trace:032x}",
        "spanId": f"{span.number:016x}",
        "parentSpanId": f"{span.parent:016x}" if span.parent else "",
        "name": "work",
        "startTimeUnixNano": str(span.started_at),
        "attributes": [{"key": key, "value": _value(value)} for key, value in span.attributes.items()],
    }
    return fields if span.ended_at is None else fields | {"endTimeUnixNano": str(span.ended_at)}


def _value(value: str | int) -> dict[str, str]:
    return {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)}
