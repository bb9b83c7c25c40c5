"""From a file of the landing folder to stretches: what was taken out of it, a bounded number of rows each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from ingest import landing
from ingest.commit import Stretch
from ingest.csv_framing import CsvReader, is_csv
from ingest.events import decode_event
from ingest.framing import PieceReader, read_pieces
from ingest.landing import Reading
from ingest.otlp import decode
from ingest.pieces import BadRecord, Decoded, Limits, Piece, RecordError, bad_record
from ingest.usage import decode_snapshot, is_finished_parquet, is_parquet, read_parquet

# Rows of all tables that one commit holds in memory, about 1 KB each.
ROWS_PER_COMMIT = 200_000

# Called with the number of rows after each piece, for progress.
Tick = Callable[[int], None]


def read_file(reading: Reading, limits: Limits, tick: Tick) -> Iterator[Stretch]:
    """Everything of one file that is to be read now; a large file in several stretches.

    Raises OSError, before the first stretch, when the file cannot be opened.
    """
    if reading.file.kind == "usage" and is_parquet(reading.file.path):
        yield from _of_parquet(reading, limits)
    else:
        yield from _of_stream(reading, limits, tick)


def unreadable(reading: Reading, reason: str, limits: Limits) -> Stretch:
    """A new file that could not be opened: one bad record without bytes, and a log entry to be known by."""
    stretch = _begin(reading, 0)
    stretch.records_found = 1
    error = RecordError("unreadable_file", f"The file cannot be opened: {reason}.")
    stretch.bad.append(bad_record((0, 0), None, error, b"", limits))
    nothing = hashlib.sha256().hexdigest()
    stretch.source_digest = stretch.head_digest = stretch.tail_digest = nothing
    stretch.is_complete = False
    return stretch


def decode_piece(kind: str, piece: Piece, limits: Limits) -> Decoded:
    """Rows and bad records of one piece, by the folder that it stood in."""
    match kind:
        case "otlp":
            return decode(piece, limits)
        case "usage":
            return decode_snapshot(piece, limits)
        case _:
            return decode_event(piece, kind, limits)


def _of_stream(reading: Reading, limits: Limits, tick: Tick) -> Iterator[Stretch]:
    with reading.file.path.open("rb") as stream:
        reader = _reader(stream, reading, limits)
        pieces = iter(reader)
        is_at_end = False
        while not is_at_end:
            stretch = _begin(reading, reader.end_offset)
            is_at_end = _fill(stretch, pieces, limits, tick)
            stretch.end_offset, stretch.bytes_read = reader.end_offset, reader.bytes_read
            stretch.source_digest, stretch.compression = reader.digest, reader.compression
            stretch.is_complete = is_at_end and (reading.is_complete or reader.is_used_up)
            _fingerprint(stretch, reading)
            # A stretch that read nothing is only worth an entry when it says something new about the file.
            if stretch.bytes_read or stretch.records_found or reading.is_complete or reading.renamed_from:
                yield stretch
            reader.begin_stretch()


def _reader(stream: BinaryIO, reading: Reading, limits: Limits) -> PieceReader | CsvReader:
    file, start = reading.file, reading.start_offset
    if file.kind == "usage" and is_csv(file.name):
        return CsvReader(stream, file.path, start, reading.is_complete, limits)
    return read_pieces(stream, file.name, start_offset=start, is_complete=reading.is_complete, limits=limits)


def _fill(stretch: Stretch, pieces: Iterator[Piece | BadRecord], limits: Limits, tick: Tick) -> bool:
    """Take pieces until the end of the file (True) or until a commit's worth of rows is there (False)."""
    count = 0
    for piece in pieces:
        if isinstance(piece, BadRecord):
            decoded = Decoded({}, [piece])
        else:
            decoded = decode_piece(stretch.source_kind, piece, limits)
        stretch.records_found += decoded.records_found
        for table, rows in decoded.rows.items():
            stretch.rows[table].extend(rows)
        stretch.bad.extend(decoded.bad)
        rows_here = sum(map(len, decoded.rows.values())) + len(decoded.bad)
        tick(rows_here)
        count += rows_here
        if count >= ROWS_PER_COMMIT:
            return False
    return True


def _of_parquet(reading: Reading, limits: Limits) -> Iterator[Stretch]:
    """One document: read when its footer is there, or when nobody will write it any more."""
    if not reading.is_complete and not is_finished_parquet(reading.file.path):
        return
    stretch = _begin(reading, 0)
    table = read_parquet(reading.file.path, limits)
    stretch.rows["usage_snapshots"] = table.rows
    stretch.bad = table.bad
    stretch.records_found = table.records_found
    stretch.end_offset = stretch.bytes_read = reading.file.bytes
    stretch.source_digest, stretch.compression = table.digest, "parquet"
    _fingerprint(stretch, reading)
    yield stretch


def _begin(reading: Reading, start: int) -> Stretch:
    file = reading.file
    return Stretch(
        file.name,
        file.kind,
        start,
        datetime.now(UTC),
        file_bytes=file.bytes,
        modified_unix_nano=file.modified_unix_nano,
    )


def _fingerprint(stretch: Stretch, reading: Reading) -> None:
    """Note how the file is known again: its first and last bytes, of those there when it was listed."""
    raw_end = stretch.end_offset if stretch.compression == "none" else reading.file.bytes
    stretch.head_digest = landing.head_digest(reading.file.path, raw_end)
    stretch.tail_digest = landing.tail_digest(reading.file.path, raw_end)
