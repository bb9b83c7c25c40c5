"""What a batch may take as Arrow: those of a kernel are whole, single requests are written in parts."""

from __future__ import annotations

import numpy as np

from ingest.otlp.kernels import arena as a
from ingest.otlp.kernels.arena import Arena, Ints

# What spans share (resource and scope) stands once in a request and once for each span in a table. So much
# of it is held for one batch, or so many times the bytes of the batch.
_SHARED_BYTES = 96 * 1024 * 1024
_SHARED_TIMES = 4
# Each UTC day has a table of its own.
_MOST_DAYS = 200


def beyond_bounds(arena: Arena, source_bytes: int) -> list[int]:
    """The pieces of an untrimmed arena whose tables would take too much memory.

    Those whose spans share most come first, until the rest is within bounds; all of them where they are of
    too many days.
    """
    spans = arena.spans[: arena.counts[a.SPANS]]
    days = np.where(spans[:, a.START] > 0, spans[:, a.START], spans[:, a.END]) // a.NANOSECONDS_A_DAY
    if len(np.unique(days)) > _MOST_DAYS:
        return list(map(int, np.unique(spans[:, a.PIECE])))
    shared = np.bincount(spans[:, a.PIECE], weights=_origin_bytes(arena)[spans[:, a.ORIGIN]])
    by_size = np.argsort(shared)
    is_within = np.cumsum(shared[by_size]) <= max(_SHARED_BYTES, _SHARED_TIMES * source_bytes)
    return list(map(int, by_size[~is_within]))


def _origin_bytes(arena: Arena) -> Ints:
    """The bytes of text of each resource with its scope."""
    attrs, origins = arena.attrs[: arena.counts[a.ATTRS]], arena.origins[: arena.counts[a.ORIGINS]]
    before = np.zeros(len(attrs) + 1, np.int64)
    np.cumsum(attrs[:, a.KEY + 1] + attrs[:, a.VALUE + 1], out=before[1:])
    named = (a.RESOURCE_SCHEMA_URL, a.SCOPE_NAME, a.SCOPE_VERSION, a.SCOPE_SCHEMA_URL)
    size: Ints = origins[:, [column + 1 for column in named]].sum(axis=1)
    for column in (a.RESOURCE_ATTRIBUTES, a.SCOPE_ATTRIBUTES):
        lists = arena.lists[origins[:, column]]
        size += before[lists[:, a.LIST_END]] - before[lists[:, a.LIST_BEGIN]]
    return size
