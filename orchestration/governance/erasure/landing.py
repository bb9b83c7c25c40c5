"""Which landing files still hold somebody: they are their sender's, so they are named and never changed."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from ingest.framing import read_pieces
from ingest.landing import LandingFile, landing_files
from ingest.pieces import BadRecord, Limits, Piece
from ingest.reading import decode_piece
from ingest.settings import Settings
from ingest.subjects import Names


@dataclass(frozen=True)
class StillLanding:
    """A piece of a landing file with records that hold a name.

    `byte_offset` and `byte_length` count decompressed bytes; a Parquet file's offset is the row's number.
    """

    source_file: str
    byte_offset: int
    byte_length: int
    records: int


def still_landing(settings: Settings, names: Names) -> list[StillLanding]:
    """Every piece of a landing file that holds one of `names`, decoded as a load would, before redaction."""
    return [
        found for file in landing_files(settings.landing) for found in _in_file(file, names, settings.limits)
    ]


def write_list(found: Sequence[StillLanding], path: Path) -> None:
    """Keep the list for the sender, as CSV; it says where and not what."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".csv.part")
    with part.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("source_file", "byte_offset", "byte_length", "records"))
        rows.writerows(astuple(each) for each in found)
    part.replace(path)


def _in_file(file: LandingFile, names: Names, limits: Limits) -> Iterator[StillLanding]:
    try:
        stream = file.path.open("rb")
    except OSError:
        # One that cannot be opened is told of by every load.
        return
    with stream:
        for piece in read_pieces(stream, file.name, limits=limits):
            if records := _records(file, piece, names, limits):
                yield StillLanding(file.name, piece.byte_offset, piece.byte_length, records)


def _records(file: LandingFile, piece: Piece | BadRecord, names: Names, limits: Limits) -> int:
    if isinstance(piece, BadRecord):
        return int(names.is_in(piece.raw))
    decoded = decode_piece(file.kind, piece, limits)
    rows = [row for of_table in decoded.rows.values() for row in of_table]
    return sum(_is_in(row, names) for row in rows) + sum(names.is_in(bad.raw) for bad in decoded.bad)


def _is_in(value: Any, names: Names) -> bool:
    match value:
        case str():
            return names.is_in(value.encode("utf-8", "surrogatepass"))
        case dict():
            return any(_is_in(each, names) for pair in value.items() for each in pair)
        case list() | tuple():
            return any(_is_in(each, names) for each in value)
    return False
