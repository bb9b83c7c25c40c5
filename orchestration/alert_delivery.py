"""Between two runs of the pipeline: answers to alerts are followed, and what is still owed is delivered."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from ingest import lake
from ingest.settings import Settings
from orchestration.governance import alerting


def is_due(settings: Settings) -> bool:
    """True when somebody waits for a message. Reads only; false without a lake."""
    if not settings.catalog_file.exists():
        return False
    with lake.connect(settings, read_only=True) as connection:
        return alerting.is_due(connection, settings, now=clock())


def deliver_alerts(settings: Settings, *, retry_failed: bool = False, give_up: str | None = None) -> int:
    """Deliver what is owed and tell what was; with `retry_failed` also what a receiver had refused for good.

    What waits for the channel `give_up` is never delivered. Tells on the console.
    Returns 0: what cannot be delivered waits. Raises LakeBusyError when another process is writing.
    """
    with lake.writer_lock(settings), lake.connect(settings) as connection:
        alerting.ensure_alert_tables(connection)
        if retry_failed:
            alerting.retry_failed(connection)
        if give_up:
            number = alerting.give_up(connection, give_up)
            print(f"alerts: gave up {number:,} that waited for {give_up}", file=sys.stderr)
        report = alerting.tend(connection, settings, clock=clock)
    for line in report.lines() or ["no alert is waiting to be delivered"]:
        print(line, file=sys.stderr)
    return 0


def clock() -> datetime:
    """The real time, UTC."""
    return datetime.now(UTC)
