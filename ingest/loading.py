"""One load: read what is new in the landing folder, decode it, commit it in bounded batches."""

from __future__ import annotations

import gc
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb

from ingest import lake, landing
from ingest.commit import Stretch, commit
from ingest.errors import LakeUnreadableError
from ingest.events import decode_event
from ingest.framing import read_pieces
from ingest.landing import Reading
from ingest.otlp import decode
from ingest.pieces import BadRecord, Decoded, Limits, Piece
from ingest.settings import Settings
from ingest.usage import decode_snapshot, is_table, read_table

# Rows of all tables that one commit holds in memory, about 1 KB each.
ROWS_PER_COMMIT = 200_000

Progress = Callable[[str], None]


@dataclass
class KindTotals:
    """What one load found in one kind of source."""

    files: int = 0
    records_found: int = 0
    rows_landed: int = 0
    rows_duplicate: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)


@dataclass
class LoadSummary:
    """What one load did. `rows_landed` counts rows by bronze table, span events and links included.

    `unreadable` names files that could not be opened, with the reason; they are tried again next time.
    """

    kinds: dict[str, KindTotals] = field(default_factory=lambda: defaultdict(KindTotals))
    rows_landed: Counter[str] = field(default_factory=Counter)
    unreadable: dict[str, str] = field(default_factory=dict)
    loads: int = 0
    seconds: float = 0.0

    @property
    def rows_quarantined(self) -> int:
        """Bad records of all kinds."""
        return sum(sum(kind.quarantined.values()) for kind in self.kinds.values())

    def sentence(self) -> str:
        """The load in one line."""
        if not self.kinds and not self.unreadable:
            return "Nothing new to load."
        files = sum(kind.files for kind in self.kinds.values())
        landed = sum(kind.rows_landed for kind in self.kinds.values())
        duplicates = sum(kind.rows_duplicate for kind in self.kinds.values())
        told = (
            f"Loaded {landed:,} records from {files:,} files in {self.seconds:.1f} s; "
            f"{self.rows_quarantined:,} quarantined, {duplicates:,} duplicates."
        )
        if self.unreadable:
            told += f" {len(self.unreadable)} files could not be read: {', '.join(sorted(self.unreadable))}."
        return told

    def markdown(self) -> str:
        """The load as a table, one row per kind of source."""
        lines = [
            "| source | files | records found | landed | duplicates | quarantined |",
            "|---|---:|---:|---:|---:|---|",
        ]
        for name, kind in sorted(self.kinds.items()):
            reasons = (
                ", ".join(f"{count} {reason}" for reason, count in kind.quarantined.most_common()) or "0"
            )
            lines.append(
                f"| {name} | {kind.files:,} | {kind.records_found:,} | {kind.rows_landed:,} "
                f"| {kind.rows_duplicate:,} | {reasons} |"
            )
        return "\n".join(lines)

    def add(self, stretch: Stretch) -> None:
        """Count one committed stretch of a file."""
        kind = self.kinds[stretch.source_kind]
        kind.files += stretch.start_offset == 0
        kind.records_found += stretch.records_found
        kind.rows_landed += stretch.rows_landed
        kind.rows_duplicate += stretch.rows_duplicate
        kind.quarantined.update(bad.reason_code for bad in stretch.bad)
        self.rows_landed.update({table: len(rows) for table, rows in stretch.rows.items() if rows})


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
    limits = limits or Limits()
    started = time.monotonic()
    summary = LoadSummary()
    with lake.connect(settings) as connection:
        lake.ensure_bronze(connection)
        known = _Known(connection)
        batch: list[Stretch] = []
        waiting = 0
        with _uncollected():
            for stretch in _stretches(connection, settings, limits, now, summary):
                known.drop_if_known(stretch)
                batch.append(stretch)
                waiting += sum(map(len, stretch.rows.values())) + len(stretch.bad)
                if waiting >= ROWS_PER_COMMIT:
                    _commit(connection, settings, batch, summary, progress, started)
                    batch, waiting = [], 0
            if batch:
                _commit(connection, settings, batch, summary, progress, started)
    summary.seconds = time.monotonic() - started
    return summary


class _Known:
    """Whole files by the digest of their bytes: a copy under another name holds nothing new."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._here: set[tuple[str, str, int]] = set()

    def drop_if_known(self, stretch: Stretch) -> None:
        """Count the records of a stretch that landed before as duplicates, and forget them."""
        if stretch.start_offset or not stretch.records_found:
            return
        key = (stretch.source_kind, stretch.source_digest, stretch.records_found)
        if key in self._here or self._has_landed(*key):
            stretch.rows_duplicate = stretch.records_found
            stretch.rows.clear()
            stretch.bad.clear()
        self._here.add(key)

    def _has_landed(self, kind: str, digest: str, found: int) -> bool:
        row = self._connection.execute(
            "select count(*) from lake.bronze.ingest_log where source_kind = ? and source_digest = ? "
            "and records_found = ? and start_offset = 0",
            [kind, digest, found],
        ).fetchone()
        return bool(row and row[0])


def _stretches(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    limits: Limits,
    now: datetime,
    summary: LoadSummary,
) -> Iterator[Stretch]:
    """Everything there is to read, file by file, a large file in several stretches."""
    for reading in landing.find_readings(connection, settings, now=now):
        try:
            if is_table(reading.file.path) and reading.file.kind == "usage":
                yield from _of_table(reading, limits)
            else:
                yield from _of_stream(reading, limits)
        except OSError as error:
            summary.unreadable[reading.file.name] = error.strerror or str(error)


def _of_stream(reading: Reading, limits: Limits) -> Iterator[Stretch]:
    start, is_at_end = reading.start_offset, False
    while not is_at_end:
        stretch = _begin(reading, start)
        count = 0
        with reading.file.path.open("rb") as stream:
            reader = read_pieces(
                stream,
                reading.file.name,
                start_offset=start,
                is_complete=reading.is_complete,
                limits=limits,
            )
            is_at_end = True
            for piece in reader:
                count += _take(stretch, piece, limits)
                if count >= ROWS_PER_COMMIT:
                    is_at_end = False
                    break
            stretch.end_offset, stretch.bytes_read = reader.end_offset, reader.bytes_read
            stretch.source_digest, stretch.compression = reader.digest, reader.compression
        stretch.is_complete = reading.is_complete and is_at_end
        _fingerprint(stretch, reading)
        nothing = not stretch.bytes_read and not stretch.records_found
        # A stretch that read nothing is only worth a row when it says something new about the file.
        if not nothing or reading.is_complete or reading.renamed_from:
            yield stretch
        start = stretch.end_offset


def _of_table(reading: Reading, limits: Limits) -> Iterator[Stretch]:
    """A CSV or Parquet file: one document, read when it is complete."""
    if not reading.is_complete:
        return
    stretch = _begin(reading, 0)
    table = read_table(reading.file.path, limits)
    stretch.rows["usage_snapshots"] = table.rows
    stretch.bad = table.bad
    stretch.records_found = table.records_found
    stretch.end_offset = stretch.bytes_read = reading.file.bytes
    stretch.source_digest, stretch.compression = table.digest, table.format
    _fingerprint(stretch, reading)
    yield stretch


def _begin(reading: Reading, start: int) -> Stretch:
    return Stretch(reading.file.name, reading.file.kind, start, datetime.now(UTC))


def _take(stretch: Stretch, piece: Piece | BadRecord, limits: Limits) -> int:
    if isinstance(piece, BadRecord):
        stretch.bad.append(piece)
        stretch.records_found += 1
        return 1
    decoded = _decode(stretch.source_kind, piece, limits)
    stretch.records_found += decoded.records_found
    for table, rows in decoded.rows.items():
        stretch.rows[table].extend(rows)
    stretch.bad.extend(decoded.bad)
    return sum(map(len, decoded.rows.values())) + len(decoded.bad)


def _decode(kind: str, piece: Piece, limits: Limits) -> Decoded:
    match kind:
        case "otlp":
            return decode(piece, limits)
        case "usage":
            return decode_snapshot(piece, limits)
        case _:
            return decode_event(piece, kind, limits)


def _fingerprint(stretch: Stretch, reading: Reading) -> None:
    """Note how the file is known again: its size and time when it was listed, its first and last bytes."""
    file = reading.file
    stretch.file_bytes, stretch.modified_unix_nano = file.bytes, file.modified_unix_nano
    raw_end = stretch.end_offset if stretch.compression == "none" else file.bytes
    stretch.head_digest = landing.head_digest(file.path, raw_end)
    stretch.tail_digest = landing.tail_digest(file.path, raw_end)


def _commit(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    batch: list[Stretch],
    summary: LoadSummary,
    progress: Progress,
    started: float,
) -> None:
    uneven = [
        s.source_file for s in batch if s.rows_landed + len(s.bad) + s.rows_duplicate != s.records_found
    ]
    if uneven:
        raise LakeUnreadableError(f"Records found and records accounted for differ in {uneven[0]}.")
    load_id = commit(connection, settings, batch, now=datetime.now(UTC))
    summary.loads += 1
    for stretch in batch:
        summary.add(stretch)
    landed = sum(kind.rows_landed for kind in summary.kinds.values())
    files = sum(kind.files for kind in summary.kinds.values())
    seconds = time.monotonic() - started
    progress(f"load {load_id}: {landed:,} records from {files:,} files so far, {seconds:.1f} s")


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
