"""A batch of pieces through a kernel, and what it made of them: see `ingest.otlp.kernels`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.otlp.kernels import json_scan, protobuf_scan
from ingest.otlp.kernels.arena import SPANS, Arena, Bytes, Ints, allocate, grown, joined, trimmed
from ingest.otlp.kernels.bounds import beyond_bounds
from ingest.otlp.kernels.fixups import fixed
from ingest.otlp.kernels.tables import Tables, arrow_tables
from ingest.pieces import Encoding, Limits, Piece, Signal

Scan = Callable[[Bytes, Ints, Ints, npt.NDArray[np.int8], int, Arena], int]

_SCANS: dict[tuple[Encoding, Signal | None], Scan] = {
    ("json", None): json_scan.scan,
    ("protobuf", "traces"): protobuf_scan.scan,
}
# A kernel goes into arrays of values, not deeper.
_LEAST_NESTING = 2


class Batch(NamedTuple):
    """What the kernels made of a batch of pieces.

    `tables` are those of `columns.tables_by_day` by table; `records` counts their spans, `rows` all of their
    rows, `bytes` what they take in memory. `declined` are the pieces, in order, of which nothing is in the
    tables.
    """

    tables: Tables
    records: int
    rows: int
    bytes: int
    declined: list[Piece]


def decode_batch(pieces: Sequence[Piece], limits: Limits) -> Batch:
    """Decode the pieces that a kernel understands, all of the kind of the first; decline the others."""
    kind = (pieces[0].encoding, pieces[0].signal) if pieces else ("json", None)
    scan = _SCANS.get(kind)
    if scan is None or limits.max_value_nesting < _LEAST_NESTING:
        return Batch({}, 0, 0, 0, list(pieces))
    is_other = [(piece.encoding, piece.signal) != kind for piece in pieces]
    declined = np.array(is_other, np.int8)
    source, starts, ends = joined([piece.data for piece in pieces])
    while True:
        arena = _scanned(scan, source, starts, ends, declined)
        arena, bad = fixed(source, starts, arena, kind[0], limits.max_value_nesting)
        bad = bad or beyond_bounds(arena, len(source))
        if not bad:
            break
        declined[bad] = 1
    by_table = arrow_tables(source, trimmed(arena))
    rows = sum(table.num_rows for by_day in by_table.values() for table in by_day.values())
    size = sum(table.nbytes for by_day in by_table.values() for table in by_day.values())
    left = [piece for piece, is_declined in zip(pieces, declined, strict=True) if is_declined]
    return Batch(by_table, int(arena.counts[SPANS]), rows, size, left)


def _scanned(scan: Scan, source: Bytes, starts: Ints, ends: Ints, declined: npt.NDArray[np.int8]) -> Arena:
    """The arena of the whole batch, as large as it has to be."""
    arena = allocate(len(source))
    piece = 0
    while (piece := scan(source, starts, ends, declined, piece, arena)) < len(starts):
        arena = grown(arena)
    return arena
