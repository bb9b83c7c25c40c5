"""Where each probe arrived: landed, in bronze, counted in its objective, published; and which are late."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest.lake import transaction

# Times are UTC by the real clock; null: not there yet, as far as the warehouse has looked.
_COLUMNS = (
    "probe_id varchar not null, sent_at timestamp not null, deadline_at timestamp not null, "
    "trace_id varchar, vault_path varchar, stage varchar not null, in_bronze_at timestamp, "
    "counted_at timestamp, published_at timestamp, is_overdue boolean not null, noted_at timestamp not null"
)
STAGES = ("landed", "in bronze", "counted in slo_daily", "published")


@dataclass(frozen=True)
class Health:
    """One probe. Times are UTC without a zone; null: it has not been seen there."""

    probe_id: str
    sent_at: datetime
    deadline_at: datetime
    trace_id: str
    vault_path: str
    in_bronze_at: datetime | None
    counted_at: datetime | None
    published_at: datetime | None
    is_overdue: bool
    noted_at: datetime

    @property
    def stage(self) -> str:
        """The last place where it was seen."""
        return STAGES[sum(at is not None for at in (self.in_bronze_at, self.counted_at, self.published_at))]

    def sentence(self) -> str:
        """Where it is and how long each step took."""
        steps = zip(STAGES[1:], (self.in_bronze_at, self.counted_at, self.published_at), strict=True)
        took = [f"{stage} after {_minutes(at - self.sent_at)}" for stage, at in steps if at is not None]
        late = ["LATE"] if self.is_overdue else []
        return f"{self.probe_id}: {', '.join([*late, *(took or [STAGES[0]])])}"


def journal(home: Path) -> Path:
    """Where a home notes the probes that it sent and that are not published yet."""
    return home / "probes"


def ensure_probes(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table of probes if the lake has none."""
    if not _has_table(connection):
        connection.execute("create schema if not exists lake.operations")
        connection.execute(f"create table if not exists lake.operations.probes ({_COLUMNS})")


def follow(connection: duckdb.DuckDBPyConnection, home: Path, *, now: datetime) -> list[Health]:
    """See how far the probes have come and note what is new; those that are under way or late, after that.

    The caller holds the writer lock. `now` is the real clock. What is published is taken out of the journal;
    a probe whose file somebody took out of it is given up, and late no more.
    """
    ensure_probes(connection)
    healths = look(connection, home, now=now)
    known = {row.probe_id: row for row in _noted(connection)}
    news = [row for row in healths if _differs(row, known.get(row.probe_id))]
    if news:
        with transaction(connection):
            connection.execute(
                "delete from lake.operations.probes where probe_id in (select unnest($ids))",
                {"ids": [row.probe_id for row in news]},
            )
            connection.executemany(
                "insert into lake.operations.probes values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_values(row) for row in news],
            )
    for row in healths:
        if row.published_at is not None:
            (journal(home) / f"{row.probe_id}.json").unlink(missing_ok=True)
    return [row for row in healths if row.published_at is None]


def look(connection: duckdb.DuckDBPyConnection, home: Path, *, now: datetime) -> list[Health]:
    """Every probe as it stands, by the time at which it was sent. Reads only."""
    noted = {row.probe_id: row for row in _noted(connection)}
    at = now.astimezone(UTC).replace(tzinfo=None)
    found = {}
    for told in _sent(home):
        before = noted.get(told["probe_id"])
        in_bronze = _in_bronze(connection, told)
        counted = in_bronze and _is_counted(connection, told)
        published = counted and _is_published(connection, told)
        found[told["probe_id"]] = _health(
            told,
            in_bronze_at=in_bronze,
            counted_at=(before and before.counted_at) or (at if counted else None),
            published_at=at if published else None,
            now=at,
        )
    # No file any more: it was published, or given up.
    settled = [
        row if row.published_at or not row.is_overdue else _given_up(row, at)
        for probe_id, row in noted.items()
        if probe_id not in found
    ]
    return sorted([*settled, *found.values()], key=lambda row: (row.sent_at, row.probe_id))


def unseen(home: Path, *, now: datetime) -> list[Health]:
    """The probes of a home that has no lake yet."""
    at = now.astimezone(UTC).replace(tzinfo=None)
    return [
        _health(told, in_bronze_at=None, counted_at=None, published_at=None, now=at) for told in _sent(home)
    ]


def is_news(connection: duckdb.DuckDBPyConnection, since: datetime) -> bool:
    """True when a probe was noted as late after `since`, UTC without a zone. Reads only."""
    if not _has_table(connection):
        return False
    row = connection.execute(
        "select count(*) from lake.operations.probes where is_overdue and noted_at > ?", [since]
    ).fetchone()
    return bool(row and row[0])


def _sent(home: Path) -> list[dict[str, str]]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(journal(home).glob("*.json"))]


def _health(told: dict[str, str], *, now: datetime, **seen: datetime | None) -> Health:
    deadline = _naive(told["deadline_at"])
    return Health(
        probe_id=told["probe_id"],
        sent_at=_naive(told["sent_at"]),
        deadline_at=deadline,
        trace_id=told["trace_id"],
        vault_path=told["vault_path"],
        in_bronze_at=seen["in_bronze_at"],
        counted_at=seen["counted_at"],
        published_at=seen["published_at"],
        is_overdue=seen["published_at"] is None and now > deadline,
        noted_at=now,
    )


def _in_bronze(connection: duckdb.DuckDBPyConnection, told: dict[str, str]) -> datetime | None:
    """When the later of event and span had landed; null until both have."""
    row = connection.execute(
        "select max(ingested_at), count(distinct kind) from ("
        "select ingested_at, 'event' as kind from lake.bronze.events "
        "where event_date = $day and event_id = $probe_id and source = '/probes' "
        "union all select ingested_at, 'span' from lake.bronze.spans "
        "where event_date = $day and trace_id = $trace_id)",
        {"day": _day(told), "probe_id": told["probe_id"], "trace_id": told["trace_id"]},
    ).fetchone()
    return row[0] if row and row[1] == 2 else None


def _is_counted(connection: duckdb.DuckDBPyConnection, told: dict[str, str], version: str = "") -> bool:
    """True when the objective counts the probe's span, now or as of a `version` of the lake."""
    return _is_there(
        connection,
        f"select 1 from lake.intermediate.int_slo_events {version} "  # noqa: S608 - a number of ours
        "where usage_date = ? and slo_name = 'vault_throughput' and event_id = ?",
        [_day(told), f"{told['trace_id']}-{told['span_id']}"],
    )


def _is_published(connection: duckdb.DuckDBPyConnection, told: dict[str, str]) -> bool:
    """True when the newest published `slo_daily` was built from a lake that counted it."""
    try:
        row = connection.execute(
            "select max(lake_snapshot_id) from lake.marts.publications "
            "where mart = 'slo_daily' and state = 'published'"
        ).fetchone()
    except duckdb.CatalogException:
        return False
    if row is None or row[0] is None:
        return False
    return _is_counted(connection, told, f"at (version => {int(row[0])})")


def _is_there(connection: duckdb.DuckDBPyConnection, question: str, wanted: Sequence[Any]) -> bool:
    try:
        return connection.execute(question, list(wanted)).fetchone() is not None
    except duckdb.CatalogException:
        return False


def _has_table(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        connection.execute("select 1 from lake.operations.probes where false")
    except duckdb.CatalogException:
        return False
    return True


def _noted(connection: duckdb.DuckDBPyConnection) -> list[Health]:
    if not _has_table(connection):
        return []
    rows = connection.execute(
        "select probe_id, sent_at, deadline_at, trace_id, vault_path, in_bronze_at, counted_at, "
        "published_at, is_overdue, noted_at from lake.operations.probes"
    ).fetchall()
    return [Health(*row) for row in rows]


def _given_up(row: Health, now: datetime) -> Health:
    return Health(**{**vars(row), "is_overdue": False, "noted_at": now})


def _differs(row: Health, known: Health | None) -> bool:
    return known is None or vars(row) | {"noted_at": None} != vars(known) | {"noted_at": None}


def _values(row: Health) -> tuple[Any, ...]:
    return (
        row.probe_id,
        row.sent_at,
        row.deadline_at,
        row.trace_id,
        row.vault_path,
        row.stage,
        row.in_bronze_at,
        row.counted_at,
        row.published_at,
        row.is_overdue,
        row.noted_at,
    )


def _naive(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _day(told: dict[str, str]) -> str:
    return _naive(told["event_at"]).date().isoformat()


def _minutes(took: Any) -> str:
    return f"{took.total_seconds() / 60:.1f} min"
