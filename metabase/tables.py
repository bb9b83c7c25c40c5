"""The lake tables that a release writes: what was published, what every check said, which source is held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from metabase.sql import columns

PUBLICATIONS = {
    "publication_id": "VARCHAR",
    "published_at": "TIMESTAMP",
    "mart": "VARCHAR",
    # Of the version that readers see: a held mart names the snapshot of its last good release, null if none.
    "lake_snapshot_id": "BIGINT",
    "row_count": "BIGINT",
    # sha256 of the rows, whatever their order and file format.
    "digest": "VARCHAR",
    "state": "VARCHAR",
}
GATE_RESULTS = {
    "publication_id": "VARCHAR",
    "checked_at": "TIMESTAMP",
    "mart": "VARCHAR",
    "check_name": "VARCHAR",
    "kind": "VARCHAR",
    "severity": "VARCHAR",
    "outcome": "VARCHAR",
    "observed": "VARCHAR",
    "expected": "VARCHAR",
    "message": "VARCHAR",
}
MART_SOURCES = {
    "publication_id": "VARCHAR",
    "mart": "VARCHAR",
    # Name of a bronze table.
    "source": "VARCHAR",
    "state": "VARCHAR",
}
TABLES = {
    "marts.publications": PUBLICATIONS,
    "marts.gate_results": GATE_RESULTS,
    "operations.mart_sources": MART_SOURCES,
}


def ensure_release_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of a release that the lake does not have yet. dbt reads one, so call it first."""
    have = {
        f"{schema}.{name}"
        for schema, name in connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'lake'"
        ).fetchall()
    }
    for table, types in TABLES.items():
        if table not in have:
            listed = ", ".join(f"{name} {data_type}" for name, data_type in types.items())
            connection.execute(f"create schema if not exists lake.{table.split('.')[0]}")
            connection.execute(f"create table if not exists lake.{table} ({listed})")


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Append `rows`, given in the order of the columns of `table`, in one statement."""
    listed = list(rows)
    if not listed:
        return
    names = TABLES[table]
    slots = ", ".join(f"({', '.join('?' * len(names))})" for _ in listed)
    values = [value for row in listed for value in row]
    connection.execute(
        f"insert into lake.{table} ({columns(names)}) values {slots}",  # noqa: S608 - names are from TABLES
        values,
    )
