"""One load: read what is new in the landing folder, decode it, commit it in bounded batches."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb

from ingest import lake, landing, reading
from ingest.commit import Stretch, commit
from ingest.csv_framing import is_csv
from ingest.errors import TracehouseError
from ingest.pieces import Limits
from ingest.protobuf_framing import signal_of_path
from ingest.redaction import Redaction, read_redaction
from ingest.settings import Settings
from ingest.summary import LoadSummary

Progress = Callable[[str], None]

_SECONDS_BETWEEN_LINES = 5.0


def load_once(settings: Settings, *, progress: Progress, limits: Limits | None = None) -> LoadSummary:
    """`load` under the writer lock. Raises LakeBusyError when another process is writing."""
    landing.landing_files(settings.landing)
    with lake.writer_lock(settings):
        return load(settings, now=datetime.now(UTC), progress=progress, limits=limits)


def load(
    settings: Settings, *, now: datetime, progress: Progress, limits: Limits | None = None
) -> LoadSummary:
    """Read everything new below the landing folder into bronze; the caller holds the writer lock.

    A file's rows and its log entry become visible at once. Running it again after it was killed at any
    moment gives what one undisturbed load gives. `now` decides which files are settled.
    """
    limits = limits or settings.limits
    redaction = read_redaction(now, settings.hash_key)
    summary = LoadSummary()
    with lake.connect(settings) as connection, _uncollected():
        lake.ensure_bronze(connection)
        readings = landing.find_readings(connection, settings, now=now)
        teller = _Teller(progress, len(readings))
        known = _Known(connection)
        batch: list[Stretch] = []
        waiting = 0
        for stretch in _stretches(readings, limits, summary, teller):
            known.drop_if_known(stretch)
            batch.append(stretch)
            waiting += sum(map(len, stretch.rows.values())) + len(stretch.bad)
            if waiting >= reading.ROWS_PER_COMMIT:
                _commit(connection, settings, batch, redaction, summary, teller)
                batch, waiting = [], 0
        if batch:
            _commit(connection, settings, batch, redaction, summary, teller)
    summary.seconds = teller.seconds
    return summary


class _Teller:
    """Says how far the load is, at most every few seconds while it reads, and at every commit."""

    def __init__(self, progress: Progress, files: int) -> None:
        self._progress = progress
        self._files = files
        self._started = self._told = time.monotonic()
        self._rows = 0
        self.files_begun = 0

    @property
    def seconds(self) -> float:
        """Since the load began."""
        return time.monotonic() - self._started

    def tick(self, rows: int) -> None:
        """Count rows that were read."""
        self._rows += rows
        if time.monotonic() - self._told >= _SECONDS_BETWEEN_LINES:
            self.tell("reading")

    def tell(self, what: str) -> None:
        """One line."""
        self._told = time.monotonic()
        self._progress(
            f"{what}: {self._rows:,} rows, file {self.files_begun:,} of {self._files:,}, {self.seconds:.1f} s"
        )


class _Known:
    """Stretches by their bytes: a copy under another name holds nothing new.

    What became of the bytes counts too: protobuf under a path that names another signal reads differently.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        # One query a load: one a file would take longer than decoding it.
        self._keys = {
            (_meaning(source_file), *numbers)
            for source_file, *numbers in connection.execute(
                "select source_file, source_kind, source_digest, start_offset, rows_landed, rows_quarantined "
                "from lake.bronze.ingest_log where records_found > 0"
            ).fetchall()
        }

    def drop_if_known(self, stretch: Stretch) -> None:
        """Count the records of a stretch that landed before as duplicates, and forget them."""
        if not stretch.bytes_read or not stretch.records_found:
            return
        key = (
            _meaning(stretch.source_file),
            stretch.source_kind,
            stretch.source_digest,
            stretch.start_offset,
            stretch.rows_landed,
            len(stretch.bad),
        )
        if key in self._keys:
            stretch.rows_duplicate = stretch.records_found
            stretch.rows.clear()
            stretch.bad.clear()
        self._keys.add(key)


def _meaning(source_file: str) -> str:
    """What the path says of the bytes: the signal of protobuf; a CSV file's rows follow its own header."""
    if is_csv(source_file):
        return source_file
    return signal_of_path(source_file) or ""


def _stretches(
    readings: list[landing.Reading], limits: Limits, summary: LoadSummary, teller: _Teller
) -> Iterator[Stretch]:
    """Everything there is to read, file by file, a large file in several stretches."""
    for each in readings:
        teller.files_begun += 1
        is_new = each.start_offset == 0
        try:
            for stretch in reading.read_file(each, limits, teller.tick):
                yield stretch
                is_new = False
        except FileNotFoundError:
            # Renamed since the folder was listed; the next load finds it under its new name.
            continue
        except OSError as error:
            reason = error.strerror or type(error).__name__
            summary.unreadable[each.file.name] = reason
            if is_new:
                yield reading.unreadable(each, reason, limits)


def _commit(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    batch: list[Stretch],
    redaction: Redaction,
    summary: LoadSummary,
    teller: _Teller,
) -> None:
    for stretch in batch:
        accounted_for = stretch.rows_landed + len(stretch.bad) + stretch.rows_duplicate
        if accounted_for != stretch.records_found:
            raise TracehouseError(
                f"{stretch.source_file} held {stretch.records_found} records, but {accounted_for} are "
                "accounted for; nothing of this load was kept. This is a fault of the decoder: report it."
            )
    load_id = commit(connection, settings, batch, redaction, now=datetime.now(UTC))
    summary.loads += 1
    for stretch in batch:
        summary.add(stretch)
    teller.tell(f"load {load_id} committed")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the cyclic collector: decoding makes millions of objects and no cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
