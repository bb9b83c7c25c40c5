"""Where a large plain file is cut into ranges of bytes, for several workers to read.

Every cut stands where any reader would begin a new record, so reading the ranges one by one gives what
reading the file gives. It depends on the bytes alone, never on how many workers there are.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator

from ingest.decompression import compression_of
from ingest.json_framing import begins_record
from ingest.landing import Reading
from ingest.pieces import Limits
from ingest.protobuf_framing import HEADER_BYTES

# A range of the largest size is decoded and written in half a second. Towards the end of a file they get
# smaller, so that workers end together; each costs some files.
_LARGEST_RANGE_BYTES = 64 * 1024 * 1024
SMALLEST_RANGE_BYTES = 16 * 1024 * 1024
_SHARE_OF_THE_REST = 4


def cuts(reading: Reading, limits: Limits) -> Iterator[int]:
    """Offsets at which the rest of a file is cut; none in a small or compressed one, or one of events."""
    if reading.file.kind == "otlp" and reading.file.bytes - reading.start_offset >= 2 * SMALLEST_RANGE_BYTES:
        yield from _cuts(reading, limits)


def _cuts(reading: Reading, limits: Limits) -> Iterator[int]:
    try:
        with (
            reading.file.path.open("rb") as stream,
            mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            head = data[:4]
            if compression_of(head) != "none":
                return
            if head[:1] in (b"{", b"["):
                yield from _cuts_of_lines(data, reading.start_offset)
            elif head[0] <= limits.max_piece_bytes >> 24:
                yield from _cuts_of_frames(data, reading.start_offset, limits)
    except (OSError, ValueError):
        return


def _cuts_of_lines(data: mmap.mmap, start: int) -> Iterator[int]:
    """Behind line ends, where the next line is a whole request: no other value can go on there."""
    at = _next_cut(data, start)
    while at < len(data) and (end := data.find(b"\n", at) + 1):
        line_end = data.find(b"\n", end) + 1
        if not line_end:
            return
        if begins_record(data[end : min(line_end, end + _LARGEST_RANGE_BYTES)]):
            yield end
            at = _next_cut(data, end)
        else:
            at = end


def _cuts_of_frames(data: mmap.mmap, start: int, limits: Limits) -> Iterator[int]:
    """Behind whole frames, as far as their lengths can be followed; the last may still be written."""
    at, next_cut = start, _next_cut(data, start)
    while next_cut < len(data) and at < len(data):
        if at >= next_cut:
            yield at
            next_cut = _next_cut(data, at)
        length = int.from_bytes(data[at : at + HEADER_BYTES], "big")
        # A hole of zeroes is a frame's length too; what stands behind it is not judged here.
        if not 0 < length <= limits.max_piece_bytes:
            return
        at += HEADER_BYTES + length


def _next_cut(data: mmap.mmap, start: int) -> int:
    """Where the range from `start` may end at the earliest; the end of the data when it takes in the rest."""
    rest = len(data) - start
    size = min(_LARGEST_RANGE_BYTES, max(SMALLEST_RANGE_BYTES, rest // _SHARE_OF_THE_REST))
    return start + size if rest - size >= SMALLEST_RANGE_BYTES // 2 else len(data)
