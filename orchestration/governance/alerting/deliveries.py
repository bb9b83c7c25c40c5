"""Deliver what is owed: at least once, and told apart by a key that never changes.

A delivery is `pending` until its receiver took it, and that is written down after each attempt. Killed
between the two, the next run sends the message again under the same key. The outbox needs none: the file of a
day is written whole from what is stored, so an alert stands in it once however often it is written.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from ingest.settings import Channels, Settings
from metabase.http_session import new_session
from metabase.journals import utc_naive
from orchestration.governance.alerting.decisions import decide, is_undecided
from orchestration.governance.alerting.tables import has_table
from orchestration.governance.alerting.webhooks import CHANNELS, TIMEOUT, Answer, post
from orchestration.governance.files import replace_whole

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 3600.0
# However long a receiver asks to be left alone, it is asked once a day.
LONGEST_RETRY_AFTER_SECONDS = 86400.0
# What one run may do before it leaves the rest to the next: it holds the lake's writer lock.
ATTEMPTS_A_RUN = 6
FAILURES_IN_A_ROW = 10
SECONDS_A_RUN = 60.0

_PENDING = """
select
    delivery_id,
    alert_id,
    channel,
    kind,
    event,
    attempts,
    next_attempt_at
from lake.governance.deliveries
where state = 'pending' and channel in (select unnest($channels))
order by sequence
"""

_ANY_TIME = datetime(1970, 1, 1)  # noqa: DTZ001 - as the lake stores times: UTC without a zone


@dataclass
class Pending:
    """A message that is owed. `next_attempt_at` is null when it may be tried at once."""

    delivery_id: str
    alert_id: str
    channel: str
    kind: str
    event: str
    attempts: int
    next_attempt_at: datetime | None
    attempts_now: int = 0


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
    """The life of one call of `deliver`: what still waits, and which channels are left alone until when."""

    waiting: list[Pending]
    delivered: Counter[str] = field(default_factory=Counter)
    failures_in_a_row: Counter[str] = field(default_factory=Counter)
    left_until: dict[str, datetime] = field(default_factory=dict)

    def to_try(self) -> list[Pending]:
        """What this run may still try, of each alert and channel the first."""
        return [
            message
            for message in _first_of_each(self.waiting)
            if message.attempts_now < ATTEMPTS_A_RUN
            and self.failures_in_a_row[message.channel] < FAILURES_IN_A_ROW
        ]

    def ready_at(self, message: Pending) -> datetime:
        """When it may be tried next."""
        return max(message.next_attempt_at or _ANY_TIME, self.left_until.get(message.channel, _ANY_TIME))


def is_due(connection: duckdb.DuckDBPyConnection, settings: Settings, *, now: datetime) -> bool:
    """True when somebody is owed a message now, or an alert was answered or is overdue. Reads only."""
    if not has_table(connection, "governance", "deliveries"):
        return False
    waiting = _first_of_each(_pending(connection, ["outbox", *_connected(settings.channels)]))
    if any((message.next_attempt_at or _ANY_TIME) <= utc_naive(now) for message in waiting):
        return True
    return is_undecided(connection, as_of=settings.as_of_or(now))


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
    timeout: tuple[float, float] = TIMEOUT,
) -> Report:
    """Deliver what is due, and again after a failure, until nothing is or the run has tried enough.

    A failure is told in the report, never raised: the delivery stays pending. `clock` gives the real time,
    `draw` a number from 0 to 1; `timeout` are seconds to connect and to wait for the answer. The caller holds
    the writer lock.
    """
    run = _Run(_pending(connection, _connected(settings.channels)))
    problems = _file_outbox(connection, settings.home / "outbox", run, utc_naive(clock()))
    deadline = utc_naive(clock()) + timedelta(seconds=SECONDS_A_RUN)
    with new_session() as session:
        while messages := run.to_try():
            soonest, now = min(map(run.ready_at, messages)), utc_naive(clock())
            if max(soonest, now) > deadline:
                break
            if soonest > now:
                pause((soonest - now).total_seconds())
                continue
            message = next(message for message in messages if run.ready_at(message) <= now)
            answer = post(
                CHANNELS[message.channel].message(settings.channels, message.kind, json.loads(message.event)),
                session,
                now=now.replace(tzinfo=UTC),
                timeout=timeout,
            )
            _record(connection, message, answer, run, utc_naive(clock()), draw)
    return Report(run.delivered, (*problems, *_warnings(connection, settings.channels)))


def retry_failed(connection: duckdb.DuckDBPyConnection) -> None:
    """Let what was refused for good be tried again, after its cause was mended."""
    connection.execute(
        "update lake.governance.deliveries set state = 'pending', next_attempt_at = null "
        "where state = 'failed'"
    )


def give_up(connection: duckdb.DuckDBPyConnection, channel: str) -> int:
    """Let what waits for a channel go untold, such as what came up before anybody connected it; how much."""
    given_up = connection.execute(
        "update lake.governance.deliveries set state = 'given_up', next_attempt_at = null "
        "where state in ('pending', 'failed') and channel = ?",
        [channel],
    ).fetchone()
    return int(given_up[0]) if given_up else 0


def _connected(channels: Channels) -> list[str]:
    """The channels whose settings are there."""
    return [name for name, channel in CHANNELS.items() if channel.is_connected(channels)]


def _pending(connection: duckdb.DuckDBPyConnection, channels: Sequence[str]) -> list[Pending]:
    rows = connection.execute(_PENDING, {"channels": list(channels)}).fetchall()
    return [Pending(*row) for row in rows]


def _first_of_each(waiting: Sequence[Pending]) -> list[Pending]:
    """Of each alert and channel the message that was owed first: the others wait until it is delivered."""
    first: dict[tuple[str, str], Pending] = {}
    for message in waiting:
        first.setdefault((message.alert_id, message.channel), message)
    return list(first.values())


def _record(
    connection: duckdb.DuckDBPyConnection,
    message: Pending,
    answer: Answer,
    run: _Run,
    now: datetime,
    draw: Callable[[], float],
) -> None:
    """Write down what became of one attempt, in a transaction of its own."""
    wait = timedelta(seconds=wait_seconds(message.attempts, answer.retry_after, draw()))
    message.attempts += 1
    message.attempts_now += 1
    message.next_attempt_at = now + wait if answer.state == "pending" else None
    connection.execute(
        "update lake.governance.deliveries set state = $state, attempts = $attempts, "
        "next_attempt_at = $next_attempt_at, delivered_at = $delivered_at, last_error = $error "
        "where delivery_id = $delivery_id",
        {
            "state": answer.state,
            "attempts": message.attempts,
            "next_attempt_at": message.next_attempt_at,
            "delivered_at": now if answer.state == "delivered" else None,
            "error": answer.error,
            "delivery_id": message.delivery_id,
        },
    )
    if answer.state != "pending":
        run.waiting.remove(message)
    if answer.retry_after is not None:
        run.left_until[message.channel] = now + wait
    if answer.state == "delivered":
        run.delivered[message.channel] += 1
        run.failures_in_a_row[message.channel] = 0
    else:
        run.failures_in_a_row[message.channel] += 1


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
    text = "".join(f"{event}\n" for event in events)
    replace_whole(folder / f"{day}.jsonl", text, beside=folder / f"{day}.jsonl.part")


def _warnings(connection: duckdb.DuckDBPyConnection, channels: Channels) -> list[str]:
    """One sentence for each channel and state that somebody should know of."""
    connected = _connected(channels)
    warnings = []
    for channel, state, number, error in connection.execute(
        "select channel, state, count(*), max_by(last_error, sequence) from lake.governance.deliveries "
        "where state in ('pending', 'failed') and channel != 'outbox' group by all order by all"
    ).fetchall():
        messages = f"{number:,} {'message' if number == 1 else 'messages'} to {channel}"
        if state == "failed":
            warnings.append(f"{messages} failed for good: it {error}.")
        elif channel in connected:
            warnings.append(f"{messages} waiting to be tried again{f': it {error}' if error else ''}.")
        else:
            warnings.append(f"{messages} waiting: {CHANNELS[channel].setting} is not set.")
    return warnings
