"""Versions on their way to bronze: they wait together and become visible in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import duckdb

from ingest.commit import Commits, next_load_id
from ingest.mlflow_store.records import Version, bad_version
from ingest.mlflow_store.versions import Copy, known_bad
from ingest.parquet import Store, Written, write
from ingest.pieces import Limits, RecordError, Row
from ingest.stretch import Stretch
from ingest.summary import LoadSummary

_ROWS_PER_COMMIT = 20_000
_BYTES_PER_COMMIT = 32 * 1024 * 1024
# About what a row takes beside its texts.
_BYTES_AROUND_A_ROW = 1024


class Batch:
    """What waits for its commit: new versions, and copies of the last ones of what is gone.

    Copies were redacted when they first landed, so they wait apart from what is new. A stretch counts as
    bytes read what the digests of its versions were taken over, and its own digest is taken over those.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        commits: Commits,
        store: Store,
        limits: Limits,
        store_name: str,
        summary: LoadSummary,
    ) -> None:
        self._connection = connection
        self._commits = commits
        self._store = store
        self._limits = limits
        self._store_name = store_name
        self._summary = summary
        self._known_bad = known_bad(connection, store_name)
        self._policy_since = commits.policy_since
        self._new = self._stretch()
        self._copies = {True: self._stretch(), False: self._stretch()}

    def add(self, table: str, version: Version) -> None:
        """Let a new version wait."""
        self._add(self._new, table, version.row, version.size)

    def copy(self, table: str, copy: Copy) -> None:
        """Let the last version of what is gone wait."""
        is_same_policy = self._policy_since is not None and copy.load_id >= self._policy_since
        self._add(self._copies[is_same_policy], table, copy.row, 0)

    def add_bad(self, entity: Any, error: RecordError) -> None:
        """Let what cannot be a row wait for quarantine; nothing of it where it is there already."""
        bad = bad_version(entity, error, self._limits)
        if bad.raw_digest in self._known_bad:
            return
        self._known_bad.add(bad.raw_digest)
        self._new.add_bad([bad])
        self._new.bytes_read += bad.byte_length
        self._commit_when_due()

    def commit(self) -> None:
        """Make everything that waits visible at once; nothing when nothing does."""
        waiting = [(self._new, self._store.redaction)]
        for is_same_policy, stretch in self._copies.items():
            waiting.append((stretch, self._store.redaction.on_copies(is_same_policy=is_same_policy)))
        waiting = [(stretch, redaction) for stretch, redaction in waiting if stretch.rows_held]
        if not waiting:
            return
        written: list[Written] = []
        try:
            for load_id, (stretch, redaction) in enumerate(waiting, next_load_id(self._connection)):
                store = replace(self._store, redaction=redaction)
                written.append(write(store, [_finished(stretch)], load_id))
        except BaseException:
            for each in written:
                each.discard()
            raise
        self._commits.commit(written)
        self._summary.loads += 1
        for stretch, _ in waiting:
            self._summary.add(stretch)
        self._new = self._stretch()
        self._copies = {True: self._stretch(), False: self._stretch()}

    def _add(self, stretch: Stretch, table: str, row: Row, size: int) -> None:
        stretch.add_rows({table: [row]})
        stretch.bytes_read += size
        stretch.bytes_held += size + _BYTES_AROUND_A_ROW
        self._commit_when_due()

    def _commit_when_due(self) -> None:
        stretches = [self._new, *self._copies.values()]
        rows = sum(stretch.rows_held for stretch in stretches)
        if rows >= _ROWS_PER_COMMIT or sum(s.bytes_held for s in stretches) >= _BYTES_PER_COMMIT:
            self.commit()

    def _stretch(self) -> Stretch:
        return Stretch(self._store_name, "mlflow", 0, datetime.now(UTC))


def _finished(stretch: Stretch) -> Stretch:
    digest = hashlib.sha256()
    for table, rows in stretch.rows.items():
        digest.update(table.encode())
        for row in rows:
            digest.update(row[-1].encode())
    for bad in stretch.bad:
        digest.update(bad.raw_digest.encode())
    stretch.source_digest = digest.hexdigest()
    stretch.end_offset = stretch.bytes_read
    stretch.records_found = stretch.rows_landed + len(stretch.bad)
    return stretch
