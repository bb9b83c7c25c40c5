"""What a lake remembers of those whom it forgot: never a name, only what keeps them from coming back."""

from __future__ import annotations

from contextlib import suppress

import duckdb

from ingest.lake import current_snapshot
from ingest.subjects import NOBODY, Name, Names

_TABLES = {
    # One row per form of a name, salted: who knows a name can ask for it, nobody can read it here.
    "suppressions": (
        "request_id varchar not null, tenant_id varchar not null, until timestamp, length bigint not null, "
        "total bigint not null, salt blob not null, digest blob not null"
    ),
    # One row per erasure, or purge (then without a tenant), that was carried out; `snapshot_id` is the first
    # snapshot whose files hold nothing of it, null until they were written anew.
    "erasures": (
        "request_id varchar not null, tenant_id varchar, erased_at timestamp not null, "
        "load_id bigint not null, snapshot_id bigint, rows bigint not null, tables bigint not null, "
        "ledger_sequence bigint not null"
    ),
}


def ensure_erasures(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of erasures if the lake has none."""
    with suppress(duckdb.CatalogException):
        probes = (f"select 1 from lake.governance.{name} where false" for name in _TABLES)  # noqa: S608 - ours
        connection.execute(" union all ".join(probes))
        return
    connection.execute("create schema if not exists lake.governance")
    for name, columns in _TABLES.items():
        connection.execute(f"create table if not exists lake.governance.{name} ({columns})")


def suppress_from_now_on(connection: duckdb.DuckDBPyConnection, request_id: str, names: Names) -> None:
    """Let no later load bring these names back, in the caller's transaction."""
    connection.executemany(
        "insert into lake.governance.suppressions values (?, ?, ?, ?, ?, ?, ?)",
        [(request_id, n.tenant_id, n.until, n.length, n.total, n.salt, n.digest) for n in names.names],
    )


def suppressed_names(connection: duckdb.DuckDBPyConnection) -> Names:
    """Everybody whom an erasure took out of this lake."""
    # A question that only the catalogue answers: most lakes have no such table.
    with suppress(duckdb.CatalogException):
        rows = connection.execute(
            "select tenant_id, until, length, total, salt, digest "
            "from lake.governance.suppressions order by all"
        ).fetchall()
        return Names(tuple(Name(*row) for row in rows))
    return NOBODY


def first_clean_snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    """The oldest snapshot that holds nothing that was erased since; 0 where nothing ever was."""
    with suppress(duckdb.CatalogException):
        row = connection.execute(
            "select coalesce(max(snapshot_id), 0) from lake.governance.erasures"
        ).fetchone()
        return int(row[0]) if row else 0
    return 0


def write_anew(connection: duckdb.DuckDBPyConnection) -> None:
    """Write every file with deleted rows anew, so that no later snapshot leans on one that still holds them.

    Outside of any transaction. DuckDB may use one thread only (DECISIONS.md).
    """
    connection.execute("call ducklake_flush_inlined_data('lake')")
    connection.execute("call ducklake_rewrite_data_files('lake', delete_threshold => 0)")
    with suppress(duckdb.CatalogException):
        connection.execute(
            "update lake.governance.erasures set snapshot_id = ? where snapshot_id is null",
            [current_snapshot(connection)],
        )
