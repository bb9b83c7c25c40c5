"""How a file is known again: digests of its first bytes and of the last ones that were read.

They are taken from what was read, or from the open file, never by its name: log rotation gives the name to
another file at any moment.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

# How much of a file's beginning and end its digests are of.
PRINT_BYTES = 4096


class Ends:
    """The first and the last bytes of what was read of a plain file, up to `PRINT_BYTES` of each."""

    def __init__(self, first: bytes, last: bytes) -> None:
        self._first = first
        self._last = last

    def add(self, data: bytes) -> None:
        """Count `data`, the next bytes, as read."""
        if len(self._first) < PRINT_BYTES:
            self._first += data[: PRINT_BYTES - len(self._first)]
        self._last = data[-PRINT_BYTES:] if len(data) >= PRINT_BYTES else (self._last + data)[-PRINT_BYTES:]

    def copy(self) -> Ends:
        """Another one that goes its own way from here."""
        return Ends(self._first, self._last)

    @property
    def digests(self) -> tuple[str, str]:
        """What `head_digest` and `tail_digest` give for the file at the end of what was read."""
        return hashlib.sha256(self._first).hexdigest(), hashlib.sha256(self._last).hexdigest()


def head_digest(descriptor: int, raw_end: int) -> str:
    """sha256 of the first bytes of an open file, none of them behind `raw_end`."""
    return digest_of_range(descriptor, 0, min(PRINT_BYTES, raw_end))


def tail_digest(descriptor: int, raw_end: int) -> str:
    """sha256 of the last bytes of an open file before `raw_end`."""
    return digest_of_range(descriptor, max(0, raw_end - PRINT_BYTES), raw_end)


def head_digests(head: bytes, sizes: Sequence[int]) -> list[str]:
    """sha256 of the beginnings of `head` of each of these sizes, ascending; larger ones are left out."""
    digest, at, found = hashlib.sha256(), 0, []
    for size in sizes:
        if size > len(head):
            break
        digest.update(head[at:size])
        found.append(digest.copy().hexdigest())
        at = size
    return found


def digest_of_range(descriptor: int, start: int, end: int) -> str:
    """sha256 of the bytes of an open file from `start` to `end`, or to its end; its position stays."""
    digest = hashlib.sha256()
    while start < end and (data := os.pread(descriptor, min(1 << 20, end - start), start)):
        digest.update(data)
        start += len(data)
    return digest.hexdigest()
