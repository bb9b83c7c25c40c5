"""The digests of the shapes of attribute lists, see `ingest.otlp.digest`: of many records few to hash."""

from __future__ import annotations

import numpy as np

from ingest.otlp.digest import DIGEST_BYTES, shape_digest
from ingest.otlp.kernels import arena as a
from ingest.otlp.kernels.arena import Arena, Bytes


def shape_digests(source: Bytes, arena: Arena) -> Bytes:
    """The digests of the `shapes` of a trimmed arena, uint8[n, 16]."""
    digests = [_digest(source, arena, begin, end) for begin, end, _ in arena.lists[arena.shapes].tolist()]
    return np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), DIGEST_BYTES)


def _digest(source: Bytes, arena: Arena, begin: int, end: int) -> bytes:
    rows = arena.attrs[arena.order[begin:end]]
    keys = []
    for offset, length in rows[:, [a.KEY, a.KEY + 1]].tolist():
        text, at = (source, offset) if offset < len(source) else (arena.scratch, offset - len(source))
        keys.append(text[at : at + length].tobytes())
    return shape_digest(rows[:, a.TYPE].tolist(), keys)
