"""`python -m orchestration probe`: send a vault event that is a test, and see how far those before have come.

A probe is what a sender would write: a CloudEvent about a file and the span of the write, each in a landing
file of its own. It says that it is synthetic, so it counts in objectives and in health alone. What was sent
is noted in the home beside landing, because a probe that is lost on its way leaves no trace behind.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest import lake
from ingest.errors import TracehouseError
from ingest.settings import Settings, read_settings
from orchestration import probe_health

DEADLINE_MINUTES = 120
SERVICE = "tracehouse-probe"
ENVIRONMENT = "synthetic"
_SYNTHETIC = {"user_agent.synthetic.type": "test"}
_CREATED = "vault.file.created"


@dataclass(frozen=True)
class Probe:
    """What is known of a probe when it is sent.

    `sent_at` and `deadline_at` are the real clock. `event_at` is the time that the event names, which is the
    as-of instant: where that is pinned, a probe of now would stand in the future.
    """

    probe_id: str
    sent_at: datetime
    deadline_at: datetime
    event_at: datetime
    trace_id: str
    span_id: str
    vault_path: str


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0 done, 1 a probe is late, 2 bad settings or arguments."""
    parser = argparse.ArgumentParser(prog="python -m orchestration probe", description=__doc__)
    parser.add_argument("--status", action="store_true", help="send nothing; show where each probe arrived")
    parser.add_argument(
        "--deadline-minutes",
        type=int,
        default=DEADLINE_MINUTES,
        help=f"by when it has to be published (default: {DEADLINE_MINUTES})",
    )
    chosen = parser.parse_args(arguments)
    if chosen.deadline_minutes < 1:
        parser.error("--deadline-minutes has to be 1 or more.")
    try:
        settings = read_settings(os.environ)
        if chosen.status:
            return tell_status(settings, now=datetime.now(UTC))
        probe = send_probe(
            settings, clock=lambda: datetime.now(UTC), allowed=timedelta(minutes=chosen.deadline_minutes)
        )
    except TracehouseError as error:
        print(f"tracehouse: {error}", file=sys.stderr)
        return 2
    print(f"{probe.probe_id} is on its way; it is late from {probe.deadline_at:%Y-%m-%d %H:%M:%S} UTC on.")
    return 0


def send_probe(settings: Settings, *, clock: Callable[[], datetime], allowed: timedelta) -> Probe:
    """Note a probe, then write its event and its span into landing, each whole or not at all.

    The span lasts as long as the event took to be written: what is measured is this machine's landing folder.
    """
    sent_at = clock()
    drawn = secrets.token_hex(16)
    probe = Probe(
        probe_id=f"probe-{sent_at:%Y%m%dT%H%M%SZ}-{drawn[:8]}",
        sent_at=sent_at,
        deadline_at=sent_at + allowed,
        event_at=settings.as_of_or(sent_at),
        trace_id=drawn,
        span_id=secrets.token_hex(8),
        vault_path=f"/probes/{sent_at:%Y-%m-%d}/{drawn[:8]}.json",
    )
    told = {name: str(value) for name, value in asdict(probe).items()}
    _write(probe_health.journal(settings.home) / f"{probe.probe_id}.json", json.dumps(told))
    event = _event(probe)
    began = clock()
    _write(settings.landing / "governance" / "probes" / f"{probe.probe_id}.jsonl", event)
    took = clock() - began
    _write(settings.landing / "otlp" / "probes" / f"{probe.probe_id}.jsonl", _span(probe, event, took))
    return probe


def tell_status(settings: Settings, *, now: datetime) -> int:
    """Print where each probe arrived and after how long; 1 when one is late."""
    rows: list[probe_health.Health] = []
    if settings.catalog_file.exists():
        with lake.connect(settings, read_only=True) as connection:
            rows = probe_health.look(connection, settings.home, now=now)
    else:
        rows = probe_health.unseen(settings.home, now=now)
    for row in rows:
        print(row.sentence())
    if not rows:
        print("No probe has been sent from this home.")
    return int(any(row.is_overdue for row in rows))


def _event(probe: Probe) -> str:
    data = {
        "tenant_id": ENVIRONMENT,
        "trace_id": probe.trace_id,
        "span_id": probe.span_id,
        "vault_path": probe.vault_path,
        "digest": "sha256:" + hashlib.sha256(probe.probe_id.encode()).hexdigest(),
        "bytes": len(probe.probe_id),
        "mutation_id": f"vm_{probe.probe_id}",
        "probe.id": probe.probe_id,
        **_SYNTHETIC,
    }
    told = {"specversion": "1.0", "id": probe.probe_id, "source": "/probes", "type": _CREATED}
    return json.dumps(told | {"time": probe.event_at.isoformat(), "data": data}) + "\n"


def _span(probe: Probe, written: str, took: timedelta) -> str:
    start = (probe.event_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    attributes = {
        "vault.operation": "create",
        "vault.path": probe.vault_path,
        "vault.result": "ok",
        "vault.mutation.id": f"vm_{probe.probe_id}",
        "probe.id": probe.probe_id,
        **_SYNTHETIC,
    }
    span = {
        "traceId": probe.trace_id,
        "spanId": probe.span_id,
        "name": "vault create",
        "kind": 3,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + took // timedelta(microseconds=1) * 1000),
        "attributes": [
            *_texts(attributes),
            {"key": "vault.bytes", "value": {"intValue": str(len(written.encode()))}},
        ],
    }
    resource = _texts({"service.name": SERVICE, "deployment.environment.name": ENVIRONMENT})
    return (
        json.dumps(
            {"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [{"spans": [span]}]}]}
        )
        + "\n"
    )


def _texts(attributes: dict[str, str]) -> list[dict[str, object]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]


def _write(file: Path, text: str) -> None:
    """Write beside the target under a name that the warehouse ignores, and rename."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
