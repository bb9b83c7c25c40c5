"""From decoded rows to the lake: Parquet files beside their table, registered in one transaction.

Bulk rows are written by pyarrow and registered, which costs a quarter of an INSERT from Arrow and half
the bytes. Registering checks little, so everything that DuckLake would trust is asserted here first.
"""

from __future__ import annotations

import os
import uuid
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest import schema
from ingest.disk import why_not_written
from ingest.errors import LakeUnreadableError, TracehouseError
from ingest.lake import transaction
from ingest.otlp.columns import tables_by_day
from ingest.pieces import COUNTED, BadRecord, Row
from ingest.redaction import Redaction, redacted
from ingest.settings import Settings


@dataclass
class Stretch:
    """What one load took out of one file: the row it will have in the ingest log, its rows, what was bad.

    Filled while the file is read; `rows_duplicate` counts records that are known to have landed before and
    are therefore not in `rows`.
    """

    source_file: str
    source_kind: str
    start_offset: int
    started_at: datetime
    end_offset: int = 0
    bytes_read: int = 0
    source_digest: str = ""
    compression: str = "none"
    file_bytes: int = 0
    modified_unix_nano: int = 0
    head_digest: str | None = None
    tail_digest: str | None = None
    is_complete: bool = True
    records_found: int = 0
    rows_duplicate: int = 0
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    bad: list[BadRecord] = field(default_factory=list)

    @property
    def rows_landed(self) -> int:
        """Records that land; span events and links belong to their span."""
        return sum(len(self.rows.get(table, ())) for table in COUNTED)


def commit(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    stretches: Sequence[Stretch],
    redaction: Redaction,
    *,
    now: datetime,
) -> int:
    """Make the rows, bad records and log entries of `stretches` visible at once; return their load id.

    Rows are written as `redaction` allows; a policy that no load before had is recorded with them.

    The caller holds the writer lock. A failure leaves nothing behind: the files written for it are removed.
    Raises LakeUnreadableError, saying so, when the disk is full or the lake cannot be written.
    """
    load_id = next_load_id(connection)
    written: list[Path] = []
    try:
        files = _write_rows(Path(settings.lake), stretches, redaction, load_id, now, written)
        with transaction(connection):
            for table, paths in files.items():
                connection.execute(
                    "call ducklake_add_data_files('lake', ?, ?, schema => 'bronze', "
                    "hive_partitioning => true)",
                    [table, [str(path) for path in paths]],
                )
            _insert(connection, "redaction_policies", _new_policy(connection, redaction, load_id, now))
            _insert(connection, "ingest_log", [_log_row(s, load_id, now) for s in stretches])
            _insert(connection, "quarantine", [r for s in stretches for r in _bad_rows(s, load_id, now)])
    except (OSError, duckdb.Error) as error:
        reason = why_not_written(error, Path(settings.lake))
        _discard(connection, load_id, written)
        raise LakeUnreadableError(
            f"The lake at {settings.lake} cannot be written: {reason}. Nothing of this load was kept; "
            "make room or mend the folder, then run again."
        ) from error
    except BaseException:
        _discard(connection, load_id, written)
        raise
    return load_id


def next_load_id(connection: duckdb.DuckDBPyConnection) -> int:
    """One more than the newest committed load; the writer lock makes it ours."""
    row = connection.execute("select coalesce(max(load_id), 0) + 1 from lake.bronze.ingest_log").fetchone()
    return int(row[0]) if row else 1


def _write_rows(
    lake: Path,
    stretches: Sequence[Stretch],
    redaction: Redaction,
    load_id: int,
    now: datetime,
    written: list[Path],
) -> dict[str, list[Path]]:
    """One Parquet file for each table and day; the paths by table."""
    parts: dict[tuple[str, date | None], list[pa.Table]] = defaultdict(list)
    for stretch in stretches:
        for table, rows in stretch.rows.items():
            if rows:
                for day, of_day in tables_by_day(table, rows).items():
                    allowed = redacted(table, of_day, redaction)
                    parts[table, day].append(_with_load(allowed, stretch, load_id, now))
    files: dict[str, list[Path]] = defaultdict(list)
    for (table, day), tables in parts.items():
        folder = lake / "bronze" / table / f"event_date={day or '__HIVE_DEFAULT_PARTITION__'}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{load_id:012d}-{uuid.uuid4()}.parquet"
        written.append(path)
        _write(path, table, pa.concat_tables(tables))
        files[table].append(path)
    return files


def _with_load(rows: pa.Table, stretch: Stretch, load_id: int, now: datetime) -> pa.Table:
    values = (load_id, now.replace(tzinfo=None), stretch.source_file, stretch.source_digest)
    types = (schema.INT, schema.TIME, schema.TEXT, schema.TEXT)
    names = ("load_id", "ingested_at", "source_file", "source_digest")
    for name, value, data_type in zip(names, values, types, strict=True):
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, data_type), rows.num_rows))
    return rows


def _write(path: Path, table: str, rows: pa.Table) -> None:
    if rows.schema != schema.RECORD_TABLES[table]:
        raise TracehouseError(
            f"Rows of bronze.{table} have other columns than its schema; nothing was loaded."
        )
    for name in (*schema.NOT_NULL[table], *schema.PROVENANCE_NOT_NULL):
        if rows.column(name).null_count:
            raise TracehouseError(f"A row of bronze.{table} has no {name}; nothing was loaded.")
    new = path.with_suffix(".tmp")
    try:
        with new.open("wb") as stream:
            pq.write_table(rows, stream, compression="zstd", compression_level=1)
            stream.flush()
            os.fsync(stream.fileno())
        new.rename(path)
    finally:
        new.unlink(missing_ok=True)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    journal = pa.Table.from_pylist(rows, schema=schema.JOURNAL_TABLES[table])
    connection.register("journal", journal)
    try:
        connection.execute(f"insert into lake.bronze.{table} by name select * from journal")  # noqa: S608 - ours
    finally:
        connection.unregister("journal")


def _new_policy(
    connection: duckdb.DuckDBPyConnection, redaction: Redaction, load_id: int, now: datetime
) -> list[dict[str, Any]]:
    """The policy as a row, unless the newest one recorded is the same."""
    last = connection.execute(
        "select digest, is_keyed from lake.bronze.redaction_policies order by load_id desc limit 1"
    ).fetchone()
    is_keyed = redaction.key is not None
    if last == (redaction.digest, is_keyed):
        return []
    return [
        {
            "digest": redaction.digest,
            "policy_version": redaction.policy_version,
            "is_keyed": is_keyed,
            "actions": sorted(
                [*redaction.exact.items(), *((f"{prefix}*", action) for prefix, action in redaction.prefixes)]
            ),
            "load_id": load_id,
            "ingested_at": now.replace(tzinfo=None),
        }
    ]


def _log_row(stretch: Stretch, load_id: int, now: datetime) -> dict[str, Any]:
    own = {name: getattr(stretch, name) for name in _OWN}
    return own | {
        "rows_quarantined": len(stretch.bad),
        "started_at": stretch.started_at.replace(tzinfo=None),
        "finished_at": now.replace(tzinfo=None),
        "decoder_version": schema.DECODER_VERSION,
        "load_id": load_id,
        "ingested_at": now.replace(tzinfo=None),
    }


_OWN = (
    "source_file",
    "source_digest",
    "source_kind",
    "bytes_read",
    "start_offset",
    "end_offset",
    "records_found",
    "rows_landed",
    "rows_duplicate",
    "head_digest",
    "tail_digest",
    "is_complete",
    "compression",
    "file_bytes",
    "modified_unix_nano",
)


def _bad_rows(stretch: Stretch, load_id: int, now: datetime) -> list[dict[str, Any]]:
    at = now.replace(tzinfo=None)
    return [
        {
            "source_file": stretch.source_file,
            "source_digest": stretch.source_digest,
            # A record without bytes is a file that could not be opened: it has no place.
            "byte_offset": bad.byte_offset if bad.byte_length else None,
            "byte_length": bad.byte_length or None,
            "signal": bad.signal,
            "reason_code": bad.reason_code,
            "reason": bad.reason,
            "raw": bad.raw,
            "raw_digest": bad.raw_digest,
            "quarantined_at": at,
            "load_id": load_id,
            "ingested_at": at,
        }
        for bad in stretch.bad
    ]


def _discard(connection: duckdb.DuckDBPyConnection, load_id: int, files: Sequence[Path]) -> None:
    """Remove the files of a load that did not commit.

    An interrupt can come just after the commit, when the files are live; where the lake cannot tell, they
    stay, and maintenance removes them once they are old.
    """
    with suppress(duckdb.Error, OSError):
        if next_load_id(connection) == load_id:
            for file in files:
                file.unlink(missing_ok=True)
