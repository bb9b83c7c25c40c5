"""From a file of the landing folder to stretches: what was taken out of it, a bounded number of rows each."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from io import BufferedReader
from typing import BinaryIO

from ingest.csv_framing import CsvReader, is_csv
from ingest.events import decode_event
from ingest.framing import PieceReader, read_pieces
from ingest.landing import Reading, continues
from ingest.otlp import decode, kernels
from ingest.otlp.columns import expanded
from ingest.pieces import BadRecord, Decoded, Limits, Piece, RecordError, bad_record
from ingest.prints import head_digest, tail_digest
from ingest.stretch import Stretch
from ingest.usage import decode_snapshot, is_finished_parquet, is_parquet, read_parquet

# From here on a file is worth the second that the kernels take to load, or to call once they are.
LARGE_BYTES = 24 * 1024 * 1024
_LARGE_ONCE_LOADED_BYTES = 256 * 1024
# Requests that the kernels decode together.
BATCH_BYTES = 8 * 1024 * 1024

# Called with the number of rows after each piece, for progress.
Tick = Callable[[int], None]


def read_file(reading: Reading, limits: Limits, tick: Tick) -> Iterator[Stretch]:
    """Everything of one file that is to be read now; a large file in several stretches.

    Raises OSError, before the first stretch, when the file cannot be opened; FileNotFoundError, when it was
    renamed, or truncated, since the folder was listed.
    """
    with reading.file.path.open("rb") as stream:
        if not _is_as_listed(stream, reading):
            raise FileNotFoundError(f"{reading.file.name} is another file than the one that was listed")
        if reading.file.kind == "usage" and is_parquet(stream):
            yield from _of_parquet(stream, reading, limits)
        else:
            yield from _of_stream(stream, reading, limits, tick)


def is_large(reading: Reading) -> bool:
    """True when so much of an OTLP file is new that the kernels decode it, if they are compiled."""
    least = _LARGE_ONCE_LOADED_BYTES if kernels.are_loaded() else LARGE_BYTES
    return reading.file.kind == "otlp" and reading.file.bytes - reading.start_offset >= least


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


def _of_stream(stream: BinaryIO, reading: Reading, limits: Limits, tick: Tick) -> Iterator[Stretch]:
    reader = _reader(stream, reading, limits)
    pieces = iter(reader)
    by_kernels = is_large(reading) and kernels.are_compiled()
    is_at_end = False
    while not is_at_end:
        stretch = _begin(reading, reader.end_offset)
        is_at_end = _fill(stretch, pieces, by_kernels, limits, tick)
        stretch.end_offset, stretch.bytes_read = reader.end_offset, reader.bytes_read
        stretch.source_digest, stretch.compression = reader.digest, reader.compression
        is_last = is_at_end and reading.reaches_end
        stretch.is_complete = is_last and (reading.is_complete or reader.is_used_up)
        if stretch.compression == "none":
            stretch.head_digest, stretch.tail_digest = reader.ends.digests
        else:
            _fingerprint(stretch, stream)
        # A stretch that read nothing is only worth an entry when it says something new about the file.
        if stretch.bytes_read or stretch.records_found or reading.is_complete or reading.renamed_from:
            yield stretch
        reader.begin_stretch()


def _is_as_listed(stream: BinaryIO, reading: Reading) -> bool:
    """False when log rotation gave the name to another file since, or truncated the one that has it."""
    stat = os.fstat(stream.fileno())
    is_same = (stat.st_dev, stat.st_ino) == reading.file.identity and stat.st_size >= reading.file.bytes
    return is_same and (reading.last is None or continues(stream.fileno(), stat.st_size, reading.last))


def _reader(stream: BinaryIO, reading: Reading, limits: Limits) -> PieceReader | CsvReader:
    file, start = reading.file, reading.start_offset
    if file.kind == "usage" and is_csv(file.name):
        return CsvReader(stream, start, reading.is_complete, limits)
    return read_pieces(
        stream,
        file.name,
        start_offset=start,
        end_offset=reading.end_offset,
        # What stands before the next range is all there.
        is_complete=reading.is_complete or not reading.reaches_end,
        limits=limits,
    )


def _fill(
    stretch: Stretch, pieces: Iterator[Piece | BadRecord], by_kernels: bool, limits: Limits, tick: Tick
) -> bool:
    """Take pieces until the end of the file (True) or until a stretch's worth is there (False)."""
    held = 0
    for batch in _batches(pieces, BATCH_BYTES if by_kernels else 0):
        _take(stretch, batch, by_kernels, limits)
        tick(stretch.rows_held - held)
        held = stretch.rows_held
        if held >= limits.max_stretch_rows or stretch.bytes_held >= limits.max_stretch_bytes:
            return False
    return True


def _take(stretch: Stretch, batch: Sequence[Piece | BadRecord], by_kernels: bool, limits: Limits) -> None:
    """Add what the pieces hold to the stretch."""
    pieces = [piece for piece in batch if isinstance(piece, Piece)]
    stretch.add_bad([piece for piece in batch if isinstance(piece, BadRecord)])
    stretch.records_found += len(batch) - len(pieces)
    if by_kernels and pieces:
        from ingest.otlp.kernels.batch import decode_batch

        decoded = decode_batch(pieces, limits)
        stretch.records_found += decoded.records
        stretch.add_tables(decoded.tables)
        # What spans share stands in their tables once for each.
        stretch.bytes_held += max(sum(map(_size, pieces)) - sum(map(_size, decoded.declined)), decoded.bytes)
        pieces = decoded.declined
    for piece in pieces:
        stretch.bytes_held += _size(piece)
        one = decode_piece(stretch.source_kind, piece, limits)
        stretch.records_found += one.records_found
        stretch.add_bad(one.bad)
        stretch.add_rows(one.rows)


def _batches(pieces: Iterator[Piece | BadRecord], batch_bytes: int) -> Iterator[list[Piece | BadRecord]]:
    """Pieces together until they hold so many bytes; each alone for 0."""
    batch: list[Piece | BadRecord] = []
    size = 0
    for piece in pieces:
        batch.append(piece)
        size += _size(piece)
        if size >= batch_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _size(piece: Piece | BadRecord) -> int:
    """Bytes that it takes in memory, which for a compressed message are more than in its file."""
    return len(piece.data) if isinstance(piece, Piece) else len(piece.raw)


def _of_parquet(stream: BufferedReader, reading: Reading, limits: Limits) -> Iterator[Stretch]:
    """One document: read when its footer is there, or when nobody will write it any more."""
    if not reading.is_complete and not is_finished_parquet(stream):
        return
    stretch = _begin(reading, 0)
    table = read_parquet(stream, limits)
    stretch.add_rows({"usage_snapshots": table.rows})
    stretch.bytes_held = expanded(table.rows)
    stretch.add_bad(table.bad)
    stretch.records_found = table.records_found
    stretch.end_offset = stretch.bytes_read = reading.file.bytes
    stretch.source_digest, stretch.compression = table.digest, "parquet"
    _fingerprint(stretch, stream)
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


def _fingerprint(stretch: Stretch, stream: BinaryIO) -> None:
    """Note how the file is known again: its first and last bytes as it was listed."""
    stretch.head_digest = head_digest(stream.fileno(), stretch.file_bytes)
    stretch.tail_digest = tail_digest(stream.fileno(), stretch.file_bytes)
