"""The lake tables of alerts: what was raised, and every message that is owed to somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

TEXT, INT, TIME = pa.string(), pa.int64(), pa.timestamp("us")

# One row per fingerprint and window. Times are UTC; a null time has not come.
ALERTS = pa.schema(
    [
        ("alert_id", TEXT),
        ("fingerprint", TEXT),
        # `tenant` for exceptions, `jurisdiction` for a KPI, `mart` for a hold at the gate,
        # `probe` for a late one.
        ("subject_kind", TEXT),
        ("subject", TEXT),
        ("rule_id", TEXT),
        ("severity", TEXT),
        ("audience", TEXT),
        ("summary", TEXT),
        ("window_start", TIME),
        ("window_end", TIME),
        # Null: never.
        ("escalate_after_minutes", INT),
        ("raised_at", TIME),
        ("acknowledged_at", TIME),
        ("escalated_at", TIME),
        ("closed_at", TIME),
        # Open ones in the window; null where the alert is not about exceptions.
        ("exceptions", INT),
        # The first of them, sorted, as a JSON array; the numbers beside them count all.
        ("trace_ids", TEXT),
        ("trace_count", INT),
        ("first_trace_id", TEXT),
        ("vault_paths", TEXT),
        ("vault_path_count", INT),
        ("remediation", TEXT),
        ("runbook_url", TEXT),
    ]
)
# One row per alert, channel and kind: `raise`, `escalate`, `acknowledge` or `resolve`.
DELIVERIES = pa.schema(
    [
        # Grows with every row; of one alert and channel, rows are delivered in this order.
        ("sequence", INT),
        # alert, channel and kind: at most one row each.
        ("delivery_id", TEXT),
        ("alert_id", TEXT),
        ("channel", TEXT),
        ("kind", TEXT),
        ("created_at", TIME),
        # The CloudEvent, decided once and never changed.
        ("event", TEXT),
        # `pending`, `delivered`, `failed` for good, or `given_up` by a person.
        ("state", TEXT),
        ("attempts", INT),
        # By the real clock, as is `delivered_at`; null: now.
        ("next_attempt_at", TIME),
        ("delivered_at", TIME),
        # A sentence without address or key; null while nothing went wrong.
        ("last_error", TEXT),
    ]
)
_TABLES = {"alerts": ALERTS, "deliveries": DELIVERIES}
_SQL = {TEXT: "varchar", INT: "bigint", TIME: "timestamp"}


def ensure_alert_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables that the lake does not have yet. dbt reads one, so call it first."""
    for name, columns in _TABLES.items():
        if not has_table(connection, "governance", name):
            listed = ", ".join(f"{column.name} {_SQL[column.type]}" for column in columns)
            connection.execute("create schema if not exists lake.governance")
            connection.execute(f"create table if not exists lake.governance.{name} ({listed})")


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    """True when the lake has this table or view."""
    # A question that only the catalogue answers; DuckDB's list of tables takes many times as long.
    try:
        connection.execute(f"select 1 from lake.{schema}.{name} where false")  # noqa: S608 - ours
    except duckdb.CatalogException:
        return False
    return True


def append(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append `rows`, in the caller's transaction; what a row does not name is null."""
    if not rows:
        return
    connection.register("new_rows", pa.Table.from_pylist(list(rows), schema=_TABLES[table]))
    try:
        connection.execute(f"insert into lake.governance.{table} by name select * from new_rows")  # noqa: S608 - ours
    finally:
        connection.unregister("new_rows")


def rows_of(relation: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """What a query found, by the names of its columns."""
    names = [column[0] for column in relation.description or []]
    return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
