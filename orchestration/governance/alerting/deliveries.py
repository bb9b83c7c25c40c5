"""Deliver what is owed: at least once, and told apart by a key that never changes.

A delivery is `pending` until its receiver took it, and that is written down after each attempt. Killed
between the two, the next run sends the message again under the same key. The outbox needs none: the file of a
day is written whole from what is stored, so an alert stands in it once however often it is written.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from ingest.settings import Channels, Settings
from orchestration.governance.alerting.decisions import decide, is_undecided
from orchestration.governance.alerting.tables import has_table, rows_of
from orchestration.governance.alerting.webhooks import CHANNELS, Answer, new_session, post

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 3600.0
# However long a receiver asks to be left alone, it is asked once a day.
LONGEST_RETRY_AFTER_SECONDS = 86400.0
# What one run may do before it leaves the rest to the next: it holds the lake's writer lock.
ATTEMPTS_A_RUN = 6
FAILURES_IN_A_ROW = 10
SECONDS_A_RUN = 60.0

# Messages of an alert keep their order: a channel gets the next one once it has, or refused, the one before.
_DUE = """
select * from lake.governance.deliveries
where state = 'pending' and channel in (select unnest($channels))
qualify row_number() over (partition by alert_id, channel order by sequence) = 1
order by sequence
"""


Row = Mapping[str, Any]
_ANY_TIME = datetime(1970, 1, 1)  # noqa: DTZ001 - as the lake stores times: UTC without a zone


@dataclass(frozen=True)
class Report:
    """What a run delivered, by channel, and what a person should know of."""

    delivered: Counter[str]
    warnings: tuple[str, ...]

    def lines(self) -> list[str]:
        """What to tell on the console; nothing when nothing was delivered and nothing waits."""
        told = ", ".join(f"{number:,} to {channel}" for channel, number in sorted(self.delivered.items()))
        return [*([f"alerts: delivered {told}"] if told else []), *(f"alerts: {w}" for w in self.warnings)]

    def as_metadata(self) -> dict[str, int | str]:
        """Messages delivered to each channel, and the warnings."""
        return {f"to {channel}": n for channel, n in sorted(self.delivered.items())} | {
            f"warning {number}": warning for number, warning in enumerate(self.warnings, start=1)
        }


@dataclass
class _Run:
    """The life of one call of `deliver`: what was tried, and which channels are left alone until when."""

    attempts: Counter[str] = field(default_factory=Counter)
    delivered: Counter[str] = field(default_factory=Counter)
    failures_in_a_row: Counter[str] = field(default_factory=Counter)
    left_until: dict[str, datetime] = field(default_factory=dict)


def is_due(connection: duckdb.DuckDBPyConnection, settings: Settings, *, now: datetime) -> bool:
    """True when somebody is owed a message now, or an alert was answered or is overdue. Reads only."""
    if not has_table(connection, "governance", "deliveries"):
        return False
    due = _due(connection, ["outbox", *_connected(settings.channels)])
    return any(_ready_at(row) <= _naive(now) for row in due) or is_undecided(
        connection, as_of=settings.as_of_or(now)
    )


def tend(
    connection: duckdb.DuckDBPyConnection, settings: Settings, *, clock: Callable[[], datetime]
) -> Report:
    """Follow answers and time, then deliver: what happens to alerts between two pipeline runs."""
    decide(connection, as_of=settings.as_of_or(clock()), trace_url=settings.trace_url)
    return deliver(connection, settings, clock=clock)


def deliver(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    pause: Callable[[float], None] = time.sleep,
    draw: Callable[[], float] = random.random,
) -> Report:
    """Deliver what is due, and again after a failure, until nothing is or the run has tried enough.

    A failure is told in the report, never raised: the delivery stays pending. `clock` gives the real time,
    `draw` a number from 0 to 1. The caller holds the writer lock.
    """
    run = _Run()
    problems = _file_outbox(connection, settings.home / "outbox", run, _naive(clock()))
    deadline = _naive(clock()) + timedelta(seconds=SECONDS_A_RUN)
    with new_session() as session:
        while rows := _to_try(connection, settings.channels, run):
            soonest = min(_ready_at(row, run) for row in rows)
            now = _naive(clock())
            if max(soonest, now) > deadline:
                break
            if soonest > now:
                pause((soonest - now).total_seconds())
                continue
            row = next(row for row in rows if _ready_at(row, run) <= now)
            message = CHANNELS[row["channel"]].message(
                settings.channels, row["kind"], json.loads(row["event"])
            )
            answer = post(message, session, now=now.replace(tzinfo=UTC))
            _record(connection, row, answer, run, _naive(clock()), draw)
    return Report(run.delivered, (*problems, *_warnings(connection, settings.channels)))


def retry_failed(connection: duckdb.DuckDBPyConnection) -> None:
    """Let what was refused for good be tried again, after its cause was mended."""
    connection.execute(
        "update lake.governance.deliveries set state = 'pending', next_attempt_at = null "
        "where state = 'failed'"
    )


def _connected(channels: Channels) -> list[str]:
    """The channels whose settings are there."""
    return [name for name, channel in CHANNELS.items() if channel.is_connected(channels)]


def _due(connection: duckdb.DuckDBPyConnection, channels: Sequence[str]) -> list[Row]:
    return list(rows_of(connection.execute(_DUE, {"channels": list(channels)})))


def _to_try(connection: duckdb.DuckDBPyConnection, channels: Channels, run: _Run) -> list[Row]:
    return [
        row
        for row in _due(connection, _connected(channels))
        if run.attempts[row["delivery_id"]] < ATTEMPTS_A_RUN
        and run.failures_in_a_row[row["channel"]] < FAILURES_IN_A_ROW
    ]


def _ready_at(row: Row, run: _Run | None = None) -> datetime:
    until = run.left_until.get(row["channel"]) if run else None
    return max(row["next_attempt_at"] or _ANY_TIME, until or _ANY_TIME)


def _record(
    connection: duckdb.DuckDBPyConnection,
    row: Row,
    answer: Answer,
    run: _Run,
    now: datetime,
    draw: Callable[[], float],
) -> None:
    """Write down what became of one attempt, in a transaction of its own."""
    channel = row["channel"]
    wait = timedelta(seconds=wait_seconds(row["attempts"], answer.retry_after, draw()))
    connection.execute(
        "update lake.governance.deliveries set state = $state, attempts = attempts + 1, "
        "next_attempt_at = $next_attempt_at, delivered_at = $delivered_at, last_error = $error "
        "where delivery_id = $delivery_id",
        {
            "state": answer.state,
            "next_attempt_at": now + wait if answer.state == "pending" else None,
            "delivered_at": now if answer.state == "delivered" else None,
            "error": answer.error,
            "delivery_id": row["delivery_id"],
        },
    )
    run.attempts[row["delivery_id"]] += 1
    if answer.retry_after is not None:
        run.left_until[channel] = now + wait
    if answer.state == "delivered":
        run.delivered[channel] += 1
        run.failures_in_a_row[channel] = 0
    else:
        run.failures_in_a_row[channel] += 1


def wait_seconds(attempts: int, retry_after: float | None, drawn: float) -> float:
    """How long to wait after so many earlier attempts: exponential with full jitter, or as long as was asked.

    `drawn` is from 0 to 1.
    """
    longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(attempts, 30))
    return max(min(retry_after or 0.0, LONGEST_RETRY_AFTER_SECONDS), longest * drawn)


def _file_outbox(
    connection: duckdb.DuckDBPyConnection, folder: Path, run: _Run, now: datetime
) -> tuple[str, ...]:
    """Write the files of the days that have news, then note that; returns what went wrong, if anything."""
    found = connection.execute(
        "select cast(created_at as date), count(*) from lake.governance.deliveries "
        "where channel = 'outbox' and state = 'pending' group by 1 order by 1"
    ).fetchall()
    for day, number in found:
        events = connection.execute(
            "select event from lake.governance.deliveries "
            "where channel = 'outbox' and cast(created_at as date) = ? order by sequence",
            [day],
        ).fetchall()
        try:
            _write_day(folder, day, [event for (event,) in events])
        except OSError as error:
            return (f"the outbox {folder} cannot be written ({error.strerror}); its alerts wait.",)
        connection.execute(
            "update lake.governance.deliveries "
            "set state = 'delivered', attempts = attempts + 1, delivered_at = ? "
            "where channel = 'outbox' and state = 'pending' and cast(created_at as date) = ?",
            [now, day],
        )
        run.delivered["outbox"] += number
    return ()


def _write_day(folder: Path, day: date, events: Sequence[str]) -> None:
    """Replace a day's file: what it held comes first again, so it only ever grows."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{day}.jsonl.part"
    with part.open("w", encoding="utf-8") as file:
        file.writelines(f"{event}\n" for event in events)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / f"{day}.jsonl")


def _warnings(connection: duckdb.DuckDBPyConnection, channels: Channels) -> list[str]:
    """One sentence for each channel and state that somebody should know of."""
    connected = _connected(channels)
    warnings = []
    for channel, state, number, error in connection.execute(
        "select channel, state, count(*), max_by(last_error, sequence) from lake.governance.deliveries "
        "where state != 'delivered' and channel != 'outbox' group by all order by all"
    ).fetchall():
        messages = f"{number:,} {'message' if number == 1 else 'messages'} to {channel}"
        if state == "failed":
            warnings.append(f"{messages} failed for good: it {error}.")
        elif channel in connected:
            warnings.append(f"{messages} waiting to be tried again{f': it {error}' if error else ''}.")
        elif channel in CHANNELS:
            warnings.append(f"{messages} waiting: {CHANNELS[channel].setting} is not set.")
        else:
            warnings.append(f"{messages} waiting: alert_routes names a channel that is none.")
    return warnings


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
