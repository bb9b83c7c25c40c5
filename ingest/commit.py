"""From written files to the lake: registered with their log entries and bad records in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset  # DuckDB imports it at its first Arrow table, in the middle of a load

from ingest import schema
from ingest.lake import transaction
from ingest.parquet import Written, not_written
from ingest.redaction import Redaction
from ingest.settings import Settings
from ingest.stretch import Stretch


class Commits:
    """The commits of one load; the caller holds the writer lock."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, settings: Settings, redaction: Redaction
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._redaction = redaction
        newest = _newest_policy(connection)
        self._recorded = newest[:2] if newest else None
        is_recorded = self._recorded == (redaction.digest, redaction.key_fingerprint)
        # The first load under this policy, when it was the last one's too.
        self.policy_since = newest[2] if newest and is_recorded else None

    def commit(self, written: Sequence[Written]) -> None:
        """Make the files, bad records and log entries of `written` visible at once.

        A redaction policy that no load before had is recorded with them.
        A failure leaves nothing behind: the files are removed.
        Raises LakeUnreadableError, saying so, when the disk is full or the lake cannot be written.
        """
        policy = (self._redaction.digest, self._redaction.key_fingerprint)
        try:
            with transaction(self._connection):
                self._add_files(written)
                if policy != self._recorded:
                    newest = written[-1]
                    row = _policy_row(self._redaction, newest.load_id, newest.at)
                    _insert(self._connection, "redaction_policies", [row])
                log = [_log_row(s, each.load_id, each.at) for each in written for s in each.stretches]
                _insert(self._connection, "ingest_log", log)
                bad = [
                    row
                    for each in written
                    for s in each.stretches
                    for row in _bad_rows(s, each.load_id, each.at)
                ]
                _insert(self._connection, "quarantine", bad)
        except (OSError, duckdb.Error) as error:
            self._discard(written)
            raise not_written(error, Path(self._settings.lake)) from error
        except BaseException:
            self._discard(written)
            raise
        self._recorded = policy

    def _add_files(self, written: Sequence[Written]) -> None:
        files: dict[str, list[str]] = defaultdict(list)
        for each in written:
            for table, new in each.files.items():
                files[table].extend(map(str, new))
        for table, paths in files.items():
            if paths:
                self._connection.execute(
                    "call ducklake_add_data_files('lake', ?, ?, schema => 'bronze', "
                    "hive_partitioning => true)",
                    [table, paths],
                )

    def _discard(self, written: Sequence[Written]) -> None:
        """Remove the files of a transaction that did not commit.

        An interrupt can come just after the commit, when the files are live; where the lake cannot tell,
        they stay, and maintenance removes them once they are old.
        """
        with suppress(duckdb.Error, OSError):
            if next_load_id(self._connection) <= written[0].load_id:
                for each in written:
                    each.discard()


def next_load_id(connection: duckdb.DuckDBPyConnection) -> int:
    """One more than the newest committed load; the writer lock makes it ours."""
    row = connection.execute("select coalesce(max(load_id), 0) + 1 from lake.bronze.ingest_log").fetchone()
    return int(row[0]) if row else 1


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    new_rows = pa.Table.from_pylist(rows, schema=schema.JOURNAL_TABLES[table])
    connection.register("new_rows", new_rows)
    try:
        connection.execute(f"insert into lake.bronze.{table} by name select * from new_rows")  # noqa: S608 - ours
    finally:
        connection.unregister("new_rows")


def _newest_policy(connection: duckdb.DuckDBPyConnection) -> tuple[str, str | None, int] | None:
    """Digest of the policy that was recorded last, fingerprint of its key, its load; null if none."""
    row = connection.execute(
        "select digest, key_fingerprint, load_id from lake.bronze.redaction_policies "
        "order by load_id desc limit 1"
    ).fetchone()
    return (row[0], row[1], row[2]) if row else None


def _policy_row(redaction: Redaction, load_id: int, now: datetime) -> dict[str, Any]:
    return {
        "digest": redaction.digest,
        "policy_version": redaction.policy_version,
        "is_keyed": redaction.key is not None,
        "key_fingerprint": redaction.key_fingerprint,
        "actions": sorted(
            [*redaction.exact.items(), *((f"{prefix}*", action) for prefix, action in redaction.prefixes)]
        ),
        "load_id": load_id,
        "ingested_at": now.replace(tzinfo=None),
    }


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
