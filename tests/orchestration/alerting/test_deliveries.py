"""Whatever receivers do, and wherever a run is killed: every alert reaches them once by its key."""

from __future__ import annotations

import json
import logging
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest import lake
from ingest.settings import Settings
from orchestration.governance.alerting import Report, decide, deliver, is_due, retry_failed
from orchestration.governance.alerting.deliveries import FAILURES_IN_A_ROW, wait_seconds
from tests.orchestration.alerting.receiver import (
    REFUSED,
    TAKEN_WITHOUT_AN_ANSWER,
    Receiver,
    Reply,
    Request,
    receiving,
)
from tests.orchestration.alerting.small_lake import (
    add_exceptions,
    add_route,
    answer,
    in_memory,
    instant,
    settings_of,
)
from tests.running import ROOT

NOON = instant("2026-10-14 12:00")
AS_OF = datetime(2026, 10, 14, 18, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"
SLACK_PATH = "/services/T000/B000/geheim"


class Time:
    """A clock that only pauses move on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 27, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with in_memory() as connection:
        yield connection


def connected(settings: Settings, receiver: Receiver, *channels: str) -> Settings:
    """The same home with channels that lead to the receiver; both if none is named."""
    environ = {
        "slack": {"TRACEHOUSE_SLACK_WEBHOOK_URL": receiver.url + SLACK_PATH},
        "pagerduty": {
            "TRACEHOUSE_PAGERDUTY_ROUTING_KEY": KEY,
            "TRACEHOUSE_PAGERDUTY_URL": f"{receiver.url}/v2/enqueue",
        },
    }
    merged = {name: value for channel in channels or environ for name, value in environ[channel].items()}
    return settings_of(settings.home, **merged)


def raise_alerts(
    connection: duckdb.DuckDBPyConnection, number: int, *channels: str, **route: Any
) -> list[str]:
    """So many alerts, one an hour, each owed to each channel; returns their ids."""
    for channel in channels:
        add_route(connection, channel=channel, **route)
    add_exceptions(connection, [NOON - timedelta(hours=hours) for hours in range(number)])
    decide(connection, as_of=AS_OF, trace_url="https://traces.example/{trace_id}", about=("tenant",))
    return alert_ids(connection)


def alert_ids(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute("select alert_id from lake.governance.alerts order by alert_id").fetchall()
    return [alert_id for (alert_id,) in found]


def states(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    return connection.execute(
        "select state, count(*) from lake.governance.deliveries group by all order by all"
    ).fetchall()


def run(connection: duckdb.DuckDBPyConnection, settings: Settings, time: Time, **more: Any) -> Report:
    draw = random.Random(7).random  # noqa: S311 - the same every time
    return deliver(connection, settings, clock=time, pause=time.pause, draw=draw, **more)


def test_a_receiver_that_fails_half_the_time_or_gives_no_answer_gets_each_alert_once_by_its_key(
    no_lake: Settings, connection: duckdb.DuckDBPyConnection, time: Time
) -> None:
    alerts = raise_alerts(connection, 12, "slack", "pagerduty")
    drawn = random.Random(20261014)  # noqa: S311 - the same every time

    def behave(request: Request) -> Reply:
        chance = drawn.random()
        return REFUSED if chance < 0.5 else TAKEN_WITHOUT_AN_ANSWER if chance < 0.6 else Reply()

    with receiving(behave) as receiver:
        settings = connected(no_lake, receiver)
        for _ in range(20):
            run(connection, settings, time, timeout=(1, 0.1))
            if not is_due(connection, settings, now=time() + timedelta(days=1)):
                break
            time.pause(3600)
    assert receiver.keys() == [f"{alert}:raise" for alert in alerts]
    for path, key_of in (
        ("/v2/enqueue", lambda request: request.body["dedup_key"]),
        (SLACK_PATH, lambda request: request.body["metadata"]["event_payload"]["alert_id"]),
    ):
        taken = [request for request in receiver.taken if request.path == path]
        assert sorted({key_of(request) for request in taken}) == alerts
        # Under one key always the same message.
        assert len({json.dumps(request.body, sort_keys=True) for request in taken}) == len(alerts)
    assert len(receiver.taken) > 2 * len(alerts), "no message was taken without an answer"
    assert len(receiver.requests) > 1.5 * len(receiver.taken)
    assert states(connection) == [("delivered", 2 * len(alerts))]


CHILD = """
import os, signal, sys
from datetime import UTC, datetime
from ingest import lake
from ingest.settings import read_settings
from orchestration.governance.alerting import decide, decisions, deliver

deadly = int(sys.argv[1])
written = 0
append = decisions.append

def append_or_die(connection, table, rows):
    global written
    append(connection, table, rows)
    written += 1
    if written == deadly:
        os.kill(os.getpid(), signal.SIGKILL)

decisions.append = append_or_die
settings = read_settings(os.environ)
as_of = datetime(2026, 10, 14, 18, tzinfo=UTC)
with lake.writer_lock(settings), lake.connect(settings) as connection:
    decide(connection, as_of=as_of, trace_url="https://traces.example/{trace_id}", about=("tenant",))
    print("begun", flush=True)
    deliver(connection, settings, clock=lambda: datetime.now(UTC), timeout=(1, 0.5))
"""


def start(settings: Settings, receiver: Receiver, *, deadly: int = 0) -> subprocess.Popen[bytes]:
    """A process that decides and delivers; it kills itself at the so many-th table that it writes."""
    environ = {
        "TRACEHOUSE_HOME": str(settings.home),
        "TRACEHOUSE_SLACK_WEBHOOK_URL": receiver.url + SLACK_PATH,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", CHILD, str(deadly)]
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE)


def finish(settings: Settings, receiver: Receiver) -> None:
    """The next run, which nothing kills."""
    settings = connected(settings, receiver, "slack")
    with lake.writer_lock(settings), lake.connect(settings) as connection:
        decide(connection, as_of=AS_OF, trace_url="https://traces.example/{trace_id}", about=("tenant",))
        deliver(connection, settings, clock=lambda: datetime.now(UTC), timeout=(1, 0.5))


def prepare(settings: Settings, number: int) -> None:
    """Exceptions in so many hours, routed to the outbox and to Slack, that nobody looked at yet."""
    with lake.connect(settings) as connection:
        for channel in ("outbox", "slack"):
            add_route(connection, channel=channel)
        add_exceptions(connection, [NOON - timedelta(hours=hours) for hours in range(number)])


def assert_all_told_once(settings: Settings, receiver: Receiver, number: int) -> None:
    with lake.connect(settings, read_only=True) as connection:
        alerts = alert_ids(connection)
        assert len(alerts) == number
        assert states(connection) == [("delivered", 2 * number)]
    assert receiver.keys() == [f"{alert}:raise" for alert in alerts]
    filed = (settings.home / "outbox" / "2026-10-14.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["id"] for line in filed) == alerts


@pytest.mark.parametrize(
    "deadly", [pytest.param(1, marks=pytest.mark.long), 2], ids=["alerts written", "deliveries written"]
)
def test_a_run_killed_while_it_decides_has_decided_nothing_and_the_next_loses_nothing(
    small_lake: Settings, deadly: int
) -> None:
    prepare(small_lake, 5)
    with receiving() as receiver:
        assert start(small_lake, receiver, deadly=deadly).wait() == -signal.SIGKILL
        with lake.connect(small_lake, read_only=True) as connection:
            assert (alert_ids(connection), states(connection)) == ([], [])
        finish(small_lake, receiver)
        assert_all_told_once(small_lake, receiver, 5)


def test_a_run_killed_while_it_delivers_loses_no_alert_and_tells_none_twice_by_its_key(
    small_lake: Settings,
) -> None:
    prepare(small_lake, 3)
    running: list[subprocess.Popen[bytes]] = []

    def behave(request: Request) -> Reply:
        # Taken, and the sender dies before it can note that.
        if len(receiver.requests) == 2:
            running[-1].kill()
            return TAKEN_WITHOUT_AN_ANSWER
        return Reply()

    with receiving(behave) as receiver:
        running.append(start(small_lake, receiver))
        assert running[-1].wait() == -signal.SIGKILL
        finish(small_lake, receiver)
        assert len(receiver.taken) == 4
        assert_all_told_once(small_lake, receiver, 3)


@pytest.mark.long
def test_twenty_runs_killed_at_any_moment_lose_no_alert_and_tell_none_twice_by_its_key(
    small_lake: Settings,
) -> None:
    prepare(small_lake, 40)
    drawn = random.Random(20)  # noqa: S311 - the same every time

    def behave(request: Request) -> Reply:
        chance = drawn.random()
        return REFUSED if chance < 0.5 else TAKEN_WITHOUT_AN_ANSWER if chance < 0.6 else Reply()

    kills = 0
    with receiving(behave) as receiver:
        for moment in range(20):
            running = start(small_lake, receiver)
            try:
                # Half of them from their start on, half from the first message on.
                if moment % 2 and running.stdout:
                    running.stdout.readline()
                running.wait(0.05 * moment if moment % 2 else 0.1 * moment)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
                kills += 1
        for _ in range(20):
            assert start(small_lake, receiver).wait() == 0
            with lake.connect(small_lake) as connection:
                retry_now(connection)
                if dict(states(connection)).keys() == {"delivered"}:
                    break
        assert kills > 10
        assert_all_told_once(small_lake, receiver, 40)


def retry_now(connection: duckdb.DuckDBPyConnection) -> None:
    """As if the time of every wait had passed."""
    connection.execute("update lake.governance.deliveries set next_attempt_at = null")


def test_a_message_for_a_channel_that_is_not_connected_waits_and_the_warning_names_its_setting(
    no_lake: Settings, connection: duckdb.DuckDBPyConnection, time: Time
) -> None:
    raise_alerts(connection, 1, "slack", "pagerduty")
    assert run(connection, no_lake, time).warnings == (
        "1 message to pagerduty waiting: TRACEHOUSE_PAGERDUTY_ROUTING_KEY is not set.",
        "1 message to slack waiting: TRACEHOUSE_SLACK_WEBHOOK_URL is not set.",
    )
    assert not is_due(connection, no_lake, now=time())
    with receiving() as receiver:
        settings = connected(no_lake, receiver, "slack")
        assert is_due(connection, settings, now=time())
        report = run(connection, settings, time)
    assert dict(report.delivered) == {"slack": 1}
    assert states(connection) == [("delivered", 1), ("pending", 1)]


def test_what_is_refused_for_good_is_not_tried_again_until_somebody_says_so(
    no_lake: Settings, connection: duckdb.DuckDBPyConnection, time: Time
) -> None:
    raise_alerts(connection, 1, "slack")
    with receiving(lambda _: Reply(404, is_taken=False)) as receiver:
        settings = connected(no_lake, receiver)
        for _ in range(2):
            assert run(connection, settings, time).warnings == (
                "1 message to slack failed for good: it answered 404 Not Found; check the setting that "
                "connects it, then have it tried again.",
            )
            time.pause(7200)
        assert len(receiver.requests) == 1
        receiver.behave = lambda _: Reply()
        retry_failed(connection)
        assert run(connection, settings, time).warnings == ()
    assert len(receiver.taken) == 1


def test_a_redirect_is_not_followed(
    no_lake: Settings, connection: duckdb.DuckDBPyConnection, time: Time
) -> None:
    raise_alerts(connection, 1, "slack")
    with receiving() as elsewhere:
        moved = Reply(307, is_taken=False, headers={"Location": elsewhere.url})
        with receiving(lambda _: moved) as receiver:
            report = run(connection, connected(no_lake, receiver), time)
    assert elsewhere.requests == []
    assert "redirects are not followed" in report.warnings[0]


@pytest.mark.parametrize(
    ("status", "header", "value"),
    [(307, "Location", "http://["), (307, "Location", "\u00ff"), (503, "Retry-After", "\u00b2")],
)
def test_headers_that_mean_nothing_stop_no_run(
    no_lake: Settings,
    connection: duckdb.DuckDBPyConnection,
    time: Time,
    status: int,
    header: str,
    value: str,
) -> None:
    raise_alerts(connection, 1, "slack")
    with receiving(lambda _: Reply(status, is_taken=False, headers={header: value})) as receiver:
        [warning] = run(connection, connected(no_lake, receiver), time).warnings
    assert f"answered {status}" in warning


def test_messages_of_an_alert_keep_their_order(
    no_lake: Settings, connection: duckdb.DuckDBPyConnection, time: Time
) -> None:
    [alert] = raise_alerts(connection, 1, "pagerduty", escalate_after_minutes=60)
    decide(connection, as_of=AS_OF + timedelta(hours=2), trace_url="{trace_id}")
    answer(connection, "acknowledged", alert, instant("2026-10-14 20:30"))
    decide(connection, as_of=AS_OF + timedelta(hours=3), trace_url="{trace_id}")
    answer(connection, "closed", alert, instant("2026-10-14 21:30"))
    decide(connection, as_of=AS_OF + timedelta(hours=4), trace_url="{trace_id}")

    def behave(request: Request) -> Reply:
        return REFUSED if len(receiver.requests) in (1, 3) else Reply()

    with receiving(behave) as receiver:
        run(connection, connected(no_lake, receiver), time)
    told = [(request.key, request.body["event_action"]) for request in receiver.taken]
    assert told == [
        (f"{alert}:raise", "trigger"),
        (f"{alert}:escalate", "trigger"),
        (f"{alert}:acknowledge", "acknowledge"),
        (f"{alert}:resolve", "resolve"),
    ]
    assert {request.body["dedup_key"] for request in receiver.taken} == {alert}


def test_a_receiver_that_asks_to_be_left_alone_is(
    no_lake: Settings, connection: duckdb.DuckDBPyConnection, time: Time
) -> None:
    raise_alerts(connection, 3, "slack")
    slow_down = Reply(429, is_taken=False, headers={"Retry-After": "120"})
    with receiving(lambda _: slow_down) as receiver:
        settings = connected(no_lake, receiver)
        began = time()
        run(connection, settings, time)
        assert (len(receiver.requests), time() - began) == (1, timedelta(0))
        receiver.behave = lambda _: Reply()
        time.pause(120)
        run(connection, settings, time)
    assert len(receiver.taken) == 3


def test_a_run_gives_up_on_a_channel_that_only_fails_and_the_other_is_served(
    no_lake: Settings, connection: duckdb.DuckDBPyConnection, time: Time
) -> None:
    raise_alerts(connection, 12, "slack", "pagerduty")
    with receiving(lambda request: REFUSED if request.path == SLACK_PATH else Reply()) as receiver:
        report = run(connection, connected(no_lake, receiver), time)
    assert dict(report.delivered) == {"pagerduty": 12}
    assert len([request for request in receiver.requests if request.path == SLACK_PATH]) == FAILURES_IN_A_ROW
    assert report.warnings == (
        "12 messages to slack waiting to be tried again: it answered 503 Service Unavailable.",
    )


def test_no_secret_is_in_the_lake_a_report_a_log_or_a_repr(
    no_lake: Settings, connection: duckdb.DuckDBPyConnection, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    raise_alerts(connection, 1, "slack", "pagerduty")
    with caplog.at_level(logging.DEBUG):
        for behave in (lambda _: REFUSED, lambda _: Reply(400, is_taken=False)):
            with receiving(behave) as receiver:
                settings = connected(no_lake, receiver)
                reports = [run(connection, settings, time)]
            # Nobody listens there any more.
            reports.append(run(connection, settings, time))
            time.pause(3600)
    stored = connection.sql("select * from lake.governance.deliveries").fetchall()
    told = f"{stored} {reports} {settings} {caplog.text}"
    assert "geheim" not in told
    assert KEY not in told


def test_what_a_receiver_asks_for_and_how_often_it_failed_decide_how_long_to_wait() -> None:
    assert wait_seconds(0, None, 1.0) == 0.5
    assert wait_seconds(3, None, 1.0) == 4.0
    assert wait_seconds(3, None, 0.25) == 1.0
    assert wait_seconds(3, None, 0.0) == 0.0
    # 0.5 times 2 to the 13th is 4,096.
    assert wait_seconds(13, None, 1.0) == wait_seconds(10**6, None, 1.0) == 3600.0
    assert wait_seconds(0, 120.0, 1.0) == 120.0
    assert wait_seconds(13, 120.0, 1.0) == 3600.0
    assert wait_seconds(0, 1e9, 1.0) == 86400.0


def outbox(settings: Settings) -> Path:
    return settings.home / "outbox" / "2026-10-14.jsonl"


def test_the_outbox_holds_each_alert_once_however_often_it_is_written_and_only_grows(
    no_lake: Settings, connection: duckdb.DuckDBPyConnection, time: Time
) -> None:
    alerts = raise_alerts(connection, 3, "outbox")
    run(connection, no_lake, time)
    first = outbox(no_lake).read_bytes()
    assert sorted(json.loads(line)["id"] for line in first.splitlines()) == alerts
    # As if the run had been killed after it wrote the file and before it noted that.
    connection.execute("update lake.governance.deliveries set state = 'pending'")
    run(connection, no_lake, time)
    assert outbox(no_lake).read_bytes() == first
    add_exceptions(connection, [NOON - timedelta(days=30)], first=3)
    decide(connection, as_of=AS_OF, trace_url="{trace_id}", about=("tenant",))
    run(connection, no_lake, time)
    later = outbox(no_lake).read_bytes()
    assert later.startswith(first)
    assert len(later.splitlines()) == 4
    assert [file.name for file in outbox(no_lake).parent.iterdir()] == ["2026-10-14.jsonl"]


def test_an_outbox_that_cannot_be_written_makes_its_alerts_wait(
    no_lake: Settings, connection: duckdb.DuckDBPyConnection, time: Time
) -> None:
    raise_alerts(connection, 1, "outbox")
    blocked = no_lake.home / "outbox"
    blocked.write_text("a file where the folder should be")
    [warning] = run(connection, no_lake, time).warnings
    assert "cannot be written" in warning
    assert states(connection) == [("pending", 1)]
    blocked.unlink()
    run(connection, no_lake, time)
    assert states(connection) == [("delivered", 1)]


def test_an_alert_whose_time_is_up_is_due_without_a_message_that_waits(
    no_lake: Settings, connection: duckdb.DuckDBPyConnection, time: Time
) -> None:
    raise_alerts(connection, 1, "outbox", escalate_after_minutes=60)
    run(connection, no_lake, time)
    pinned = settings_of(no_lake.home, TRACEHOUSE_AS_OF="2026-10-14T18:59:59Z")
    assert not is_due(connection, pinned, now=time())
    overdue = settings_of(no_lake.home, TRACEHOUSE_AS_OF="2026-10-14T19:00:00Z")
    assert is_due(connection, overdue, now=time())
