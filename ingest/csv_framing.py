"""The rows of a CSV file as pieces of JSON, cut where they stand, so that a growing file can be continued.

The dialect is RFC 4180 in UTF-8: commas, double quotes, the names of the columns in the first row.
"""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ingest.byte_source import ByteSource
from ingest.pieces import BadRecord, Limits, Piece, RecordError, bad_record
from ingest.prints import Ends

_BOM = b"\xef\xbb\xbf"
# A row goes on over line ends inside quotes; beyond this a quote was forgotten.
_LONGEST_ROW = 1024 * 1024
_CLOSING = re.compile(rb'(?:[^"]|"")*+"')
_QUOTED_FIELD = re.compile(rb'(?:^|,)"')

_TORN = RecordError("torn_record", "The record ends before it is whole.")
_MALFORMED = RecordError("malformed_csv", "This is no CSV row in UTF-8; a quote may be open or misplaced.")


class CsvReader:
    """The rows of one CSV file, and, once they are all taken, how far it was read; as `PieceReader`.

    The first row names the columns. An empty field is left out of its piece. A row with more or fewer
    fields than the first is a bad record.
    """

    def __init__(self, stream: BinaryIO, start_offset: int, is_complete: bool, limits: Limits):
        self._columns = _columns(stream, limits) if start_offset else None
        self._source = ByteSource(stream, start_offset=start_offset, limits=limits)
        self._is_complete = is_complete
        self._limits = limits
        # Lines that were read behind a quote without an end.
        self._waiting: deque[bytes] = deque()

    def __iter__(self) -> Iterator[Piece | BadRecord]:
        rows = self._rows()
        if self._columns is None:
            header = next(rows, None)
            if header is None:
                return
            try:
                self._columns = _named(_fields(header.removeprefix(_BOM)))
            except RecordError as error:
                # Without names no row can be told apart from another table's.
                if self._is_complete:
                    yield self._source.rest_as_bad(error, header + b"".join(self._waiting))
                return
            self._source.commit(header)
        for row in rows:
            offset = self._source.committed_offset
            self._source.commit(row)
            if row.strip():
                yield self._decoded(row, offset, self._columns)
        if self._source.damage is not None and self._is_complete:
            yield self._source.rest_as_bad(self._source.damage)

    @property
    def compression(self) -> str:
        """How the file itself is compressed: 'none', 'gzip' or 'zstd'."""
        return self._source.compression

    @property
    def end_offset(self) -> int:
        """Decompressed bytes from the start of the file to behind the last whole row."""
        return self._source.committed_offset

    @property
    def bytes_read(self) -> int:
        """Decompressed bytes of this load."""
        return self._source.committed_bytes

    @property
    def digest(self) -> str:
        """The sha256 of those bytes, in hex."""
        return self._source.committed_digest

    @property
    def ends(self) -> Ends:
        """The first and last bytes of a plain file up to `end_offset`."""
        return self._source.ends

    @property
    def is_used_up(self) -> bool:
        """True when no byte waits for the rest of its row."""
        return self._source.is_used_up

    def begin_stretch(self) -> None:
        """Let `bytes_read` and `digest` begin anew behind the last piece; `end_offset` goes on."""
        self._source.begin_stretch()

    def _rows(self) -> Iterator[bytes]:
        """Whole rows with their line ends; a last one without, once the file is complete."""
        waiting = self._waiting
        lines: list[bytes] = []
        size, is_open = 0, False
        while True:
            line = waiting.popleft() if waiting else self._source.read_line(_LONGEST_ROW)
            if line:
                lines.append(line)
                size, is_open = size + len(line), _is_open(line, is_open)
            is_over = not is_open and line.endswith(b"\n")
            if line and not is_over and size < _LONGEST_ROW:
                continue
            if not lines or not (line or self._is_complete):
                return
            if is_open:
                # Its end was not found: the quote was forgotten, and the lines behind it are rows.
                waiting.extendleft(reversed(lines[1:]))
                del lines[1:]
            yield b"".join(lines)
            lines, size, is_open = [], 0, False

    def _decoded(self, row: bytes, offset: int, columns: list[str]) -> Piece | BadRecord:
        try:
            fields = _fields(row)
            if len(fields) != len(columns):
                raise RecordError(
                    "wrong_field_count", f"The row has {len(fields)} fields, the first row {len(columns)}."
                )
        except RecordError as error:
            told = error if row.endswith(b"\n") else _TORN
            return bad_record((offset, len(row)), "usage", told, row, self._limits)
        record = {name: field for name, field in zip(columns, fields, strict=True) if field}
        return Piece(offset, len(row), json.dumps(record, ensure_ascii=False).encode(), "json", None)


def is_csv(name: str) -> bool:
    """True for a file whose name says CSV, compressed or not; its content cannot tell."""
    return ".csv" in [suffix.lower() for suffix in Path(name).suffixes]


def _columns(stream: BinaryIO, limits: Limits) -> list[str] | None:
    """The names in the first row of a file that an earlier load began; the stream is at its start again."""
    reader = CsvReader(stream, 0, False, limits)
    first = next(reader._rows(), None)
    stream.seek(0)
    return None if first is None else _named(_fields(first.removeprefix(_BOM)))


def _named(fields: list[str]) -> list[str]:
    if not fields or len(set(fields)) != len(fields) or "" in fields:
        raise RecordError("bad_header", "The first row does not give every column a name of its own.")
    return fields


def _fields(row: bytes) -> list[str]:
    """The fields of one row; none for an empty line."""
    try:
        return next(csv.reader([row.decode()], strict=True), [])
    except (csv.Error, UnicodeDecodeError) as error:
        raise _MALFORMED from error


def _is_open(line: bytes, was_open: bool) -> bool:
    """True when a quoted field goes on behind `line`, at whose start one was open or not."""
    closing = _CLOSING.match(line) if was_open else None
    if was_open and closing is None:
        return True
    at = closing.end() if closing else 0
    while quoted := _QUOTED_FIELD.search(line, at):
        closing = _CLOSING.match(line, quoted.end())
        if closing is None:
            return True
        at = closing.end()
    return False
