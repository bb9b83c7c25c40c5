"""The three tables written after the audit: publications, gate_results and pipeline_health.

They are recorded in the lake, and each release carries a copy, so a reader sees them beside the marts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from metabase.contracts import HEALTH, Mart
from metabase.files import write_empty
from metabase.publication import Publication, State
from metabase.serving import FILED_AS
from metabase.sql import columns, literal, quoted, select
from metabase.tables import GATE_RESULTS, PUBLICATIONS, insert

# A release carries the checks of this many publications; the lake keeps all of them.
SERVED_AUDITS = 100

DESCRIPTIONS = {
    "publications": "One row per mart and publication: which version of the mart readers saw from then on.",
    "gate_results": (
        f"One row per mart, publication and check: what it found. The newest {SERVED_AUDITS} publications; "
        "the lake has them all."
    ),
}


@dataclass(frozen=True)
class Shown:
    """The version of a mart that readers see. A null snapshot: never published, so it has no rows."""

    row_count: int
    digest: str
    lake_snapshot_id: int | None
    state: State


def newest(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The newest recorded publication; null before the first."""
    row = connection.execute("select max(publication_id) from lake.marts.publications").fetchone()
    return row[0] if row else None


def shown_in(connection: duckdb.DuckDBPyConnection, publication_id: str | None) -> dict[str, Shown]:
    """What `publication_id` showed of each mart; empty for null or an unknown one."""
    rows = connection.execute(
        "select mart, row_count, digest, lake_snapshot_id, state from lake.marts.publications "
        "where publication_id = ?",
        [publication_id],
    ).fetchall()
    return {mart: Shown(*values) for mart, *values in rows}


def record(connection: duckdb.DuckDBPyConnection, publication: Publication, marts: Sequence[Mart]) -> None:
    """Add one publication to the lake's journals, inside the caller's transaction."""
    number = publication.publication_id
    at = utc_naive(publication.published_at)
    states = {mart.mart: mart.state for mart in publication.marts}
    insert(
        connection,
        "marts.publications",
        [(number, at, m.mart, m.lake_snapshot_id, m.row_count, m.digest, m.state) for m in publication.marts],
    )
    insert(
        connection,
        "marts.gate_results",
        [
            (
                number,
                at,
                c.mart,
                c.check_name,
                c.kind,
                c.severity,
                c.outcome,
                c.observed,
                c.expected,
                c.message,
            )
            for c in publication.checks
        ],
    )
    insert(
        connection,
        "operations.mart_sources",
        [
            (number, mart.name, table, states[mart.name])
            for mart in marts
            if mart.name in states
            for table in mart.bronze_tables
        ],
    )


def write_files(connection: duckdb.DuckDBPyConnection, folder: Path, health: Mart | None) -> None:
    """Write what the lake's journals hold now, this publication included, into a release's folder.

    `pipeline_health` is a view that dbt builds; until it has, its file has no rows.
    """
    publications = select(_filed(PUBLICATIONS), "lake.marts.publications")
    _copy(connection, publications, folder / "publications.parquet")
    newest_audits = select(
        "distinct publication_id",
        f"lake.marts.gate_results order by publication_id desc limit {SERVED_AUDITS}",
    )
    results = f"lake.marts.gate_results where publication_id in ({newest_audits})"
    _copy(connection, select(_filed(GATE_RESULTS), results), folder / "gate_results.parquet")
    if health is None:
        return
    file = folder / f"{HEALTH}.parquet"
    if _exists(connection, HEALTH):
        _copy(connection, select(columns(health.column_names), health.relation), file)
    else:
        write_empty(connection, health, file)


def utc_naive(instant: datetime) -> datetime:
    """An instant as the lake stores it: UTC without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def _copy(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    connection.execute(f"copy ({query} order by all) to {literal(str(target))} (format parquet)")


def _filed(names: dict[str, str]) -> str:
    return ", ".join(f"{quoted(name)} as {quoted(FILED_AS.get(name, name))}" for name in names)


def _exists(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = connection.execute(
        "select count(*) from information_schema.tables "
        "where table_catalog = 'lake' and table_schema = 'marts' and table_name = ?",
        [name],
    ).fetchone()
    return bool(found and found[0])
