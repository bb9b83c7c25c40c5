"""A lake with the tables that alerts are decided from, made by hand instead of by dbt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest import lake
from ingest.settings import Settings, read_settings

# As docs/alerts.md and the seeds have them; only what alerts read.
TABLES = {
    "marts.compliance_exceptions": (
        "exception_id varchar, rule_id varchar, severity varchar, state varchar, occurred_at timestamp, "
        "detected_at timestamp, tenant_id varchar, trace_id varchar, vault_path varchar, "
        "remediation varchar, runbook_url varchar"
    ),
    "marts.publications": "publication_id varchar, published_at timestamp, mart varchar, state varchar",
    "seeds.alert_routes": (
        "rule_id varchar, severity varchar, audience varchar, channel varchar, window_minutes integer, "
        "threshold integer, escalate_after_minutes integer, valid_from timestamp, valid_to timestamp, "
        "remediation varchar, runbook_url varchar"
    ),
    "seeds.policy_escalations": (
        "rule_id varchar, kpi varchar, comparator varchar, threshold double, severity varchar, "
        "valid_from timestamp, valid_to timestamp, remediation varchar, runbook_url varchar"
    ),
    "seeds.runbooks": "rule_id varchar, url varchar, valid_from timestamp, valid_to timestamp",
    "staging.stg_alert_events": "event_type varchar, alert_id varchar, occurred_at timestamp",
}
KPIS = (
    "kpi_date date, rule_id varchar, jurisdiction varchar, evaluated bigint, violations bigint, "
    "unknown bigint, open_exceptions bigint, oldest_open_days bigint"
)


def instant(text: str) -> datetime:
    """A time as the lake stores it: UTC without a zone."""
    return datetime.fromisoformat(text)


def settings_of(home: Path, **environ: str) -> Settings:
    """The settings of a home; nothing of the machine's own."""
    return read_settings({"TRACEHOUSE_HOME": str(home), **environ})


def make_lake(settings: Settings) -> None:
    """An empty lake with every table that alerts read, the KPIs' aside."""
    with lake.connect(settings) as connection, lake.transaction(connection):
        make_tables(connection)


@contextmanager
def in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """The same tables in memory under the lake's name, for what does not depend on how they are stored."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("attach ':memory:' as lake")
        make_tables(connection)
        yield connection


def make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    for table, columns in TABLES.items():
        make_table(connection, table, columns)


def make_table(connection: duckdb.DuckDBPyConnection, table: str, columns: str) -> None:
    connection.execute(f"create schema if not exists lake.{table.split('.')[0]}")
    connection.execute(f"create table lake.{table} ({columns})")


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    names, slots = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(f"insert into lake.{table} ({names}) values ({slots})", list(row.values()))


def add_route(connection: duckdb.DuckDBPyConnection, **changed: Any) -> None:
    """A route for everything of any severity: one exception in an hour, to operations, to the outbox."""
    row = {
        "rule_id": "*",
        "severity": "*",
        "audience": "operations",
        "channel": "outbox",
        "window_minutes": 60,
        "threshold": 1,
        "valid_from": instant("2020-01-01"),
    }
    insert(connection, "seeds.alert_routes", **row | changed)


def add_exceptions(
    connection: duckdb.DuckDBPyConnection, times: Sequence[datetime], *, first: int = 0, **changed: Any
) -> None:
    """One open exception of tenant acme at each time, each with a trace of its own, numbered from `first`."""
    row = {
        "rule_id": "consent_missing",
        "severity": "high",
        "state": "open",
        "tenant_id": "acme",
        "remediation": "Ask the tenant.",
        "runbook_url": "https://runbooks.example/consent",
    }
    with lake.transaction(connection):
        for number, at in enumerate(times, start=first):
            named = {"exception_id": f"x{number}", "trace_id": f"{number:032x}", "occurred_at": at}
            insert(connection, "marts.compliance_exceptions", **row | named | changed)


def answer(connection: duckdb.DuckDBPyConnection, what: str, alert_id: str, at: datetime) -> None:
    """Somebody's answer to an alert, as its event tells it: `acknowledged` or `closed`."""
    named = {"event_type": f"governance.alert.{what}", "alert_id": alert_id, "occurred_at": at}
    insert(connection, "staging.stg_alert_events", **named)
