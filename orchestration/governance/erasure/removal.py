"""Records out of bronze: who is to go, what becomes of it, and what proves it afterwards."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from ingest.pieces import COUNTED
from ingest.stretch import ERASED
from ingest.subjects import SPAN_TABLES, TIMES, Names, find, is_money, keys_of
from orchestration.governance.entries import digest_of
from orchestration.governance.erasure.stripping import strip_rows
from orchestration.governance.facts import event_subject

ROWS_AT_ONCE = 20_000
_TRACE_OF = {
    "spans": "trace_id",
    "mlflow_traces": "trace_id",
    "mlflow_evaluations": "trace_id",
    "events": "lower(json_extract_string(data, '$.trace_id'))",
}


@dataclass(frozen=True)
class Removed:
    """What went out of bronze. `rows` counts by table, `records` those that the ingest log had counted.

    `digests` proves which ones, by table: the sha256 over their digests, each keyed with `salt` and sorted.
    `subjects` are those of their entries in the ledger; `newest` is when the last of them was made, if known.
    """

    rows: Mapping[str, int]
    records: int
    salt: str
    digests: Mapping[str, str]
    subjects: Collection[str]
    newest: datetime | None


def speak_of(
    connection: duckdb.DuckDBPyConnection, names: Names
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Keys of the records in bronze that speak of `names`, by table: those to remove and those to strip."""

    def rows_of(table: str) -> Iterator[pa.Table]:
        reader = connection.execute(f"from lake.bronze.{table}").to_arrow_reader(ROWS_AT_ONCE)
        yield from (pa.Table.from_batches([batch]) for batch in reader)

    doomed, money = find(rows_of, names), {}
    for table in ("events", "usage_snapshots"):
        keys = doomed.get(table, set())
        of_accounts = {
            key
            for rows in (rows_of(table) if keys else ())
            for key, is_of_accounts in zip(
                keys_of(table, rows).to_pylist(), is_money(table, rows), strict=True
            )
            if is_of_accounts and key in keys
        }
        if of_accounts:
            money[table] = of_accounts
            doomed[table] = keys - of_accounts
    return {table: keys for table, keys in doomed.items() if keys}, money


def remove(
    connection: duckdb.DuckDBPyConnection, doomed: Mapping[str, Collection[str]], load_id: int, now: datetime
) -> Removed:
    """Delete the records of `doomed` (keys by table; a span's are its ids), in the caller's transaction.

    What models have to forget is noted in `bronze.removals` under `load_id`. `now` is UTC without a zone.
    """
    salt = secrets.token_bytes(16)
    rows: dict[str, int] = {}
    digests: dict[str, str] = {}
    subjects: set[str] = set()
    times: list[datetime] = []
    records = 0
    for table, keys in doomed.items():
        connection.register("doomed", pa.table({"key": pa.array(sorted(keys), pa.string())}))
        try:
            subjects |= _ledger_subjects(connection) if table == "events" else set()
            times += _newest(connection, table)
            for part in SPAN_TABLES if table == "spans" else (table,):
                found = _delete(connection, part, load_id, now)
                if found:
                    rows[part], digests[part] = len(found), _proof(found, salt)
                    records += len(found) if part in COUNTED else 0
        finally:
            connection.unregister("doomed")
    return Removed(rows, records, salt.hex(), digests, subjects, max(times, default=None))


def empty_quarantine(connection: duckdb.DuckDBPyConnection, names: Names) -> int:
    """Let quarantine keep where a bad record stood that holds a name, and nothing of it; how many."""
    return strip_rows(
        connection,
        "bronze.quarantine",
        names,
        lambda row: row | {"raw": b"", "raw_digest": "", "reason_code": ERASED},
    )


def _condition(table: str) -> str:
    key = "trace_id || span_id" if table in SPAN_TABLES else "record_digest"
    return f"where {key} in (select key from doomed)"  # noqa: S608 - ours


def _delete(connection: duckdb.DuckDBPyConnection, table: str, load_id: int, now: datetime) -> list[str]:
    """Digests of the deleted rows."""
    where, trace = _condition(table), _TRACE_OF.get(table, "cast(null as varchar)")
    found = connection.execute(f"select record_digest from lake.bronze.{table} {where}").fetchall()  # noqa: S608 - names of ours
    if found:
        connection.execute(
            f"insert into lake.bronze.removals by name select distinct '{table}' as table_name, event_date, "  # noqa: S608
            f"{trace} as trace_id, record_digest, cast(? as bigint) as load_id, "
            f"cast(? as timestamp) as ingested_at from lake.bronze.{table} {where}",
            [load_id, now],
        )
        connection.execute(f"delete from lake.bronze.{table} {where}")  # noqa: S608
    return [digest for (digest,) in found]


def _newest(connection: duckdb.DuckDBPyConnection, table: str) -> list[datetime]:
    row = connection.execute(
        f"select max(cast({TIMES[table]} as timestamp)) from lake.bronze.{table} {_condition(table)}"  # noqa: S608
    ).fetchone()
    return [row[0]] if row and row[0] else []


def _ledger_subjects(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(
        f"select type, source, event_id from lake.bronze.events {_condition('events')} "  # noqa: S608
        "and format = 'cloudevents'"
    ).fetchall()
    return {event_subject(*row) for row in rows}


def _proof(digests: Collection[str], salt: bytes) -> str:
    keyed = sorted(hmac.new(salt, digest.encode(), hashlib.sha256).digest() for digest in digests)
    return digest_of(b"".join(keyed))


def entries_of(connection: duckdb.DuckDBPyConnection, subjects: Collection[str]) -> list[int]:
    """Sequences of the ledger's entries of these subjects."""
    if not subjects:
        return []
    rows = connection.execute(
        "select sequence from lake.governance.ledger "
        "where subject in (select unnest(?::varchar[])) order by 1",
        [sorted(subjects)],
    ).fetchall()
    return [sequence for (sequence,) in rows]


def log_row(removed: int, load_id: int, now: datetime) -> dict[str, Any]:
    """What the ingest log says of a removal: as many records less as were landed once."""
    return {
        "source_file": "",
        "source_digest": "",
        "source_kind": "erasure",
        "bytes_read": 0,
        "start_offset": 0,
        "end_offset": 0,
        "records_found": -removed,
        "rows_landed": -removed,
        "rows_quarantined": 0,
        "rows_duplicate": 0,
        "started_at": now,
        "finished_at": now,
        "is_complete": True,
        "load_id": load_id,
        "ingested_at": now,
    }
