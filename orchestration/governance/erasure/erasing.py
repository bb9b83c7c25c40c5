"""One erasure: everything that leaves the lake, and what proves it, in one transaction; then the files.

Killed before the commit, nothing happened, and killed after it, `settle` does what is left: it may be called
again. Nothing that is kept names anybody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest import lake, schema
from ingest.commit import next_load_id
from ingest.erasures import ensure_erasures, suppress_from_now_on, write_anew
from ingest.errors import SettingsError
from ingest.redaction import read_redaction
from ingest.settings import Settings
from ingest.subjects import Names, names_of
from metabase.journals import utc_naive
from metabase.tables import ensure_release_tables
from orchestration.governance.alerting import ensure_alert_tables
from orchestration.governance.alerting.tables import append as append_deliveries
from orchestration.governance.alerting.tables import has_table
from orchestration.governance.erasure.derived import forget_derived
from orchestration.governance.erasure.events import completed
from orchestration.governance.erasure.holds import HeldError, files_held, holds_in_force, refuse_where_held
from orchestration.governance.erasure.removal import (
    Removed,
    empty_quarantine,
    entries_of,
    log_row,
    remove,
    speak_of,
)
from orchestration.governance.erasure.requests import Request
from orchestration.governance.erasure.retention import expired
from orchestration.governance.erasure.statistics import forget_statistics
from orchestration.governance.erasure.stripping import strip_records
from orchestration.governance.facts import event_subject
from orchestration.governance.ledger import (
    append_tombstone,
    ensure_ledger,
    ledger_folder,
    publish_checkpoints,
)

PURGE = "retention"


@dataclass(frozen=True)
class Erased:
    """What an erasure or a purge did. `tables` counts rows that were removed or lost the name, by table.

    `ledger_sequence` is its tombstone; null where there was nothing to do.
    """

    request_id: str
    tables: Mapping[str, int]
    ledger_sequence: int | None

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.tables.values())

    def sentence(self) -> str:
        """The erasure in one line."""
        if self.ledger_sequence is None:
            return "Nothing is kept longer than it may be."
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        tables = "1 table" if len(self.tables) == 1 else f"{len(self.tables):,} tables"
        proof = f"entry {self.ledger_sequence} of the ledger proves it"
        return f"{self.request_id}: {rows} of {tables} erased; {proof}."


def names_to_erase(settings: Settings, request: Request, *, now: datetime) -> Names:
    """The forms in which the subject of a request can stand anywhere.

    Raises SettingsError where nobody knows who it is.
    """
    if not request.subject:
        raise SettingsError(
            f"Request {request.request_id} stays pending: its subject was redacted without a key and its "
            f"landing file is gone. Run `erase --tenant {request.tenant_id} --subject <id> --request-id "
            f"{request.request_id}`."
        )
    redaction = read_redaction(now, settings.hash_key)
    return names_of(request.tenant_id, request.subject, redaction, until=None, is_hash=request.is_hash)


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every table that an erasure writes to."""
    lake.ensure_bronze(connection)
    ensure_release_tables(connection)
    ensure_alert_tables(connection)
    ensure_ledger(connection)
    ensure_erasures(connection)


def erase(
    connection: duckdb.DuckDBPyConnection, settings: Settings, request: Request, *, now: datetime
) -> tuple[Erased, Names]:
    """Take out of the lake whatever speaks of the subject of `request`, and suppress it from now on.

    The caller holds the writer lock, and DuckDB to one thread. Raises HeldError while a legal hold covers the
    subject, SettingsError for a subject that nobody knows or that the request's own id gives away.
    """
    prepare(connection)
    names = names_to_erase(settings, request, now=now)
    if names.is_in(request.request_id.encode()):
        raise SettingsError(
            "The request id holds the subject, and the ledger would keep it; "
            "give another one with --request-id."
        )
    as_of = utc_naive(settings.as_of_or(now))
    refuse_where_held(holds_in_force(connection, as_of), request.request_id, request.tenant_id)
    held = [path for tenant, path in files_held(connection, as_of) if tenant in (None, request.tenant_id)]
    if any(names.is_in(path.encode()) for path in held):
        raise HeldError(
            f"Request {request.request_id} stays pending: a file of the vault that names the subject is "
            "under legal hold. Nothing was erased; release the file and run `erase` again."
        )
    doomed, money = speak_of(connection, names)
    at = utc_naive(now)

    def take_out(load_id: int) -> tuple[Removed, dict[str, int], list[int]]:
        removed = remove(connection, doomed, load_id, at)
        more = strip_records(connection, money, names)
        if emptied := empty_quarantine(connection, names):
            more["quarantine"] = emptied
        changed = entries_of(connection, {*_gate_decisions(connection, names), *_told(connection, names)})
        more = {f"bronze.{table}": n for table, n in more.items()} | forget_derived(connection, names)
        # What was made later lands: it is said anew, and may be said.
        until = max(filter(None, (as_of, at if settings.as_of is None else None, removed.newest)))
        lasting = Names(tuple(replace(name, until=until) for name in names.names))
        suppress_from_now_on(connection, request.request_id, lasting)
        return removed, more, changed

    erased = _carry_out(connection, settings, request.request_id, request.tenant_id, take_out, now=now)
    forget_statistics(settings.catalog_file, names)
    return erased, names


def purge(
    connection: duckdb.DuckDBPyConnection, settings: Settings, policies: Path, *, now: datetime
) -> Erased:
    """Take out of bronze what the retention policy in `policies` keeps no longer and no legal hold covers.

    The caller holds the writer lock. Models forget it in their next run.
    """
    prepare(connection)
    as_of = utc_naive(settings.as_of_or(now))
    doomed = expired(
        connection, policies, holds_in_force(connection, as_of), files_held(connection, as_of), as_of
    )
    if not doomed:
        return Erased(PURGE, {}, None)

    def take_out(load_id: int) -> tuple[Removed, dict[str, int], list[int]]:
        return remove(connection, doomed, load_id, utc_naive(now)), {}, []

    return _carry_out(connection, settings, f"{PURGE} {as_of.date()}", None, take_out, now=now)


def settle(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget which records were removed, once every model has read that they were. Reads only, as a rule."""
    if not has_table(connection, "bronze", "removals") or not has_table(
        connection, "intermediate", "load_watermarks"
    ):
        return
    with lake.transaction(connection):
        connection.execute(
            "update lake.bronze.removals set trace_id = null, record_digest = '' "
            "where load_id <= (select min(load_id) from lake.intermediate.load_watermarks) "
            "and (trace_id is not null or record_digest != '')"
        )


def _carry_out(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    request_id: str,
    tenant_id: str | None,
    take_out: Callable[[int], tuple[Removed, dict[str, int], list[int]]],
    *,
    now: datetime,
) -> Erased:
    """Everything of one removal in one transaction, its tombstone and its event included."""
    at = utc_naive(now)
    load_id = next_load_id(connection)
    with lake.transaction(connection):
        removed, more, changed = take_out(load_id)
        tables = {f"bronze.{table}": number for table, number in removed.rows.items()}
        for table, number in more.items():
            tables[table] = tables.get(table, 0) + number
        _insert(connection, "ingest_log", log_row(removed.records, load_id, at))
        _insert(connection, "removals", {"table_name": "", "load_id": load_id, "ingested_at": at})
        sequence = append_tombstone(
            connection,
            request_id,
            entries=entries_of(connection, removed.subjects),
            told={
                "request_id": request_id,
                "erased_at": at.isoformat(),
                "tables": tables,
                "salt": removed.salt,
                "digests": dict(removed.digests),
                "changed": changed,
            },
            now=now,
        )
        erased = Erased(request_id, tables, sequence)
        connection.execute(
            "insert into lake.governance.erasures values (?, ?, ?, ?, null, ?, ?, ?)",
            [request_id, tenant_id, at, load_id, erased.rows, len(tables), sequence],
        )
        append_deliveries(connection, "deliveries", [_delivery(connection, erased, at)])
    write_anew(connection)
    publish_checkpoints(connection, ledger_folder(settings.home))
    return erased


def _delivery(connection: duckdb.DuckDBPyConnection, erased: Erased, at: datetime) -> dict[str, Any]:
    """The event that tells of it, owed to the outbox as an alert is."""
    event = completed(erased.request_id, erased.rows, len(erased.tables), erased.ledger_sequence, at)
    row = connection.execute(
        "select coalesce(max(sequence), 0) + 1 from lake.governance.deliveries"
    ).fetchone()
    return {
        "sequence": row[0] if row else 1,
        "delivery_id": f"{event['id']}:outbox:complete",
        "alert_id": event["id"],
        "channel": "outbox",
        "kind": "complete",
        "created_at": at,
        "event": json.dumps(event, ensure_ascii=False),
        "state": "pending",
        "attempts": 0,
    }


def _gate_decisions(connection: duckdb.DuckDBPyConnection, names: Names) -> Iterator[str]:
    """Subjects of the decisions of the gate whose checks hold a name, and lose it now."""
    for publication_id, mart, *told in connection.execute(
        "select publication_id, mart, observed, expected, message from lake.marts.gate_results"
    ).fetchall():
        if any(text and names.is_in(text.encode()) for text in told):
            yield f"{publication_id} {mart}"


def _told(connection: duckdb.DuckDBPyConnection, names: Names) -> Iterator[str]:
    """Subjects of what alerts told of a name, and lose now."""
    for (text,) in connection.execute("select distinct event from lake.governance.deliveries").fetchall():
        if names.is_in(text.encode()):
            event = json.loads(text)
            yield event_subject(event["type"], event["source"], event["id"])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, row: Mapping[str, Any]) -> None:
    columns = schema.JOURNAL_TABLES[table]
    connection.register("new_rows", pa.Table.from_pylist([dict(row)], schema=columns))
    try:
        connection.execute(f"insert into lake.bronze.{table} by name select * from new_rows")  # noqa: S608 - ours
    finally:
        connection.unregister("new_rows")
