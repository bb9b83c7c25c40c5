"""A probe is sent like any event, followed to where it is published, and missed when it does not arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingest import lake
from orchestration import probe_health
from orchestration.governance.alerting import HOLDS, decide
from orchestration.probe import Probe, send_probe, tell_status
from orchestration.probe_health import follow, is_news
from tests.ingest.loads import Warehouse, warehouse
from tests.orchestration.alerting.small_lake import add_route, make_tables

SENT = datetime(2026, 11, 3, 10, tzinfo=UTC)
ALLOWED = timedelta(minutes=120)


@pytest.fixture
def here(home: Path) -> Warehouse:
    return warehouse(home)


@pytest.fixture
def connection(here: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    with lake.connect(here.settings, threads=1) as connection:
        lake.ensure_bronze(connection)
        yield connection


def sent(here: Warehouse) -> Probe:
    return send_probe(here.settings, clock=lambda: SENT, allowed=ALLOWED)


def counted(connection: duckdb.DuckDBPyConnection, probe: Probe) -> None:
    """What dbt does with the probe's span."""
    connection.execute("create schema if not exists lake.intermediate")
    connection.execute(
        "create table lake.intermediate.int_slo_events (usage_date date, slo_name varchar, event_id varchar)"
    )
    connection.execute(
        "insert into lake.intermediate.int_slo_events values ('2026-11-03', 'vault_throughput', ?)",
        [f"{probe.trace_id}-{probe.span_id}"],
    )


def published(connection: duckdb.DuckDBPyConnection, state: str) -> None:
    """What a release of the lake as it stands notes."""
    connection.execute("create schema if not exists lake.marts")
    connection.execute(
        "create table if not exists lake.marts.publications "
        "(publication_id varchar, mart varchar, state varchar, lake_snapshot_id bigint)"
    )
    connection.execute("alter table lake.marts.publications add column if not exists lake_snapshot_id bigint")
    connection.execute(
        "insert into lake.marts.publications (publication_id, mart, state, lake_snapshot_id) "
        "values ('1', 'slo_daily', ?, ?)",
        [state, lake.current_snapshot(connection)],
    )


def test_what_is_sent_lands_whole_and_says_that_it_is_a_test(here: Warehouse) -> None:
    probe = sent(here)
    files = {file.relative_to(here.settings.landing) for file in here.settings.landing.rglob("*.*")}
    assert files == {
        Path(f"governance/probes/{probe.probe_id}.jsonl"),
        Path(f"otlp/probes/{probe.probe_id}.jsonl"),
    }
    summary = here.load()
    assert summary.rows_landed == {"events": 1, "spans": 1}
    [(event,)] = here.ask("select data from lake.bronze.events")
    told = json.loads(event)
    assert (told["user_agent.synthetic.type"], told["probe.id"]) == ("test", probe.probe_id)
    assert here.ask(
        "select attributes['user_agent.synthetic.type'], attributes['probe.id'], trace_id, started_at "
        "from lake.bronze.spans"
    ) == [("test", probe.probe_id, probe.trace_id, SENT.replace(tzinfo=None))]


def test_a_pinned_instant_is_the_time_of_the_event_and_not_of_the_deadline(home: Path) -> None:
    pinned = warehouse(home, TRACEHOUSE_AS_OF="2026-10-01T00:00:00Z")
    probe = sent(pinned)
    assert probe.event_at == datetime(2026, 10, 1, tzinfo=UTC)
    assert probe.deadline_at == datetime(2026, 11, 3, 12, tzinfo=UTC)


def test_each_step_is_noted_with_its_time_and_what_is_published_is_followed_no_more(
    here: Warehouse, connection: duckdb.DuckDBPyConnection
) -> None:
    probe = sent(here)
    home = here.settings.home

    def stage(minutes: int) -> str:
        follow(connection, home, now=SENT + timedelta(minutes=minutes))
        [(stage,)] = connection.execute("select stage from lake.operations.probes").fetchall()
        return str(stage)

    assert stage(1) == "landed"
    here.load()
    published(connection, "published")
    assert stage(2) == "in bronze"
    counted(connection, probe)
    assert stage(3) == "counted in slo_daily"
    published(connection, "held")
    assert stage(4) == "counted in slo_daily"
    published(connection, "published")
    assert stage(5) == "published"
    assert connection.execute(
        "select counted_at - sent_at, published_at - sent_at, is_overdue from lake.operations.probes"
    ).fetchall() == [(timedelta(minutes=3), timedelta(minutes=5), False)]
    assert list(probe_health.journal(home).iterdir()) == []
    before = lake.current_snapshot(connection)
    assert follow(connection, home, now=SENT + timedelta(days=9)) == []
    assert lake.current_snapshot(connection) == before


def test_a_probe_is_late_after_its_deadline_and_no_more_once_it_was_given_up(
    here: Warehouse, connection: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    probe = sent(here)
    home = here.settings.home
    [row] = follow(connection, home, now=SENT + ALLOWED)
    assert not row.is_overdue
    late = SENT + ALLOWED + timedelta(microseconds=1)
    [row] = follow(connection, home, now=late)
    assert row.is_overdue
    assert is_news(connection, (late - timedelta(seconds=1)).replace(tzinfo=None))
    assert not is_news(connection, late.replace(tzinfo=None))
    assert tell_status(here.settings, now=late) == 1
    assert capsys.readouterr().out == f"{probe.probe_id}: LATE, landed\n"
    (probe_health.journal(home) / f"{probe.probe_id}.json").unlink()
    assert [each.is_overdue for each in follow(connection, home, now=late)] == [False]
    assert tell_status(here.settings, now=late) == 0


def test_a_late_probe_raises_one_alert_that_closes_when_it_arrives(
    here: Warehouse, connection: duckdb.DuckDBPyConnection
) -> None:
    make_tables(connection)
    add_route(connection)
    probe = sent(here)
    home = here.settings.home

    def alerts(hours: int) -> list[tuple[object, ...]]:
        now = SENT + timedelta(hours=hours)
        follow(connection, home, now=now)
        decide(connection, as_of=now, trace_url="{trace_id}", about=HOLDS)
        return connection.execute(
            "select rule_id, subject, closed_at is null from lake.governance.alerts"
        ).fetchall()

    assert alerts(1) == []
    assert alerts(3) == [("probe_overdue", probe.probe_id, True)]
    assert alerts(4) == [("probe_overdue", probe.probe_id, True)]
    here.load()
    counted(connection, probe)
    published(connection, "published")
    assert alerts(5) == [("probe_overdue", probe.probe_id, False)]
