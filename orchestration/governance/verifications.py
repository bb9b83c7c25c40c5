"""What verification found, kept in the lake, so that a break of the ledger is an exception like any other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest.lake import transaction
from orchestration.governance.findings import Finding
from orchestration.governance.ledger import ledger_folder
from orchestration.governance.verify_ledger import examine, read_ledger

# One row per damage, or a single one without damage. What finds the same as the last one is not kept.
_COLUMNS = (
    "verified_at timestamp not null, recorded_at timestamp not null, entry_count bigint not null, "
    "damage varchar, first_sequence bigint, last_sequence bigint, agreed bigint, sentence varchar"
)
_NEWEST = (
    "from lake.governance.ledger_verifications "
    "where recorded_at = (select max(recorded_at) from lake.governance.ledger_verifications)"
)


def ensure_verifications(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table if the lake has none. dbt reads it, so call it first."""
    try:
        connection.execute("select 1 from lake.governance.ledger_verifications where false")
    except duckdb.CatalogException:
        connection.execute("create schema if not exists lake.governance")
        connection.execute(f"create table if not exists lake.governance.ledger_verifications ({_COLUMNS})")


def verify_and_note(
    connection: duckdb.DuckDBPyConnection, home: Path, *, as_of: datetime, now: datetime
) -> list[Finding]:
    """Verify the ledger of a home and note what is wrong, where that differs from what was noted last.

    `as_of` is the instant at which it counts as found, `now` the real clock; both have a zone. The caller
    holds the writer lock. A million entries take about 12 s.
    """
    ensure_verifications(connection)
    entries, texts = read_ledger(connection, ledger_folder(home))
    findings = examine(connection, entries, texts, kept=[])
    places = set(map(_place, findings)) or {(None, None, None)}
    known = connection.execute(f"select damage, first_sequence, last_sequence {_NEWEST}").fetchall()
    if places != set(known):
        rows: list[tuple[Any, ...]] = [(*_place(each), each.agreed, each.sentence) for each in findings] or [
            (None,) * 5
        ]
        with transaction(connection):
            connection.executemany(
                "insert into lake.governance.ledger_verifications values (?, ?, ?, ?, ?, ?, ?, ?)",
                [(_naive(as_of), _naive(now), len(entries), *row) for row in rows],
            )
    return findings


def is_news(connection: duckdb.DuckDBPyConnection, since: datetime) -> bool:
    """True when verification found something new after `since`, UTC without a zone. Reads only."""
    try:
        row = connection.execute(f"select recorded_at > ? {_NEWEST} limit 1", [since]).fetchone()
    except duckdb.CatalogException:
        return False
    return bool(row and row[0])


def _place(finding: Finding) -> tuple[str | None, int | None, int | None]:
    return finding.damage, finding.first, finding.last


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
