"""The decompressed bytes of one file: read ahead, commit what was understood, know what is left."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from ingest.decompression import compression_of, decompressed
from ingest.pieces import BadRecord, Limits, RecordError
from ingest.prints import PRINT_BYTES, Ends

_READ_BYTES = 1024 * 1024


class ByteSource:
    """Decompressed bytes in order, with two positions: how far was read, how far was committed.

    What is committed counts as consumed: it is in `committed_digest`, and the next load starts behind it.
    `damage` says, once the end is reached, that the container ended early or is corrupt; null otherwise.
    An end offset counts for plain files only; null is the end of the file. `ends` are of what is committed of
    a plain file.
    """

    def __init__(
        self, stream: BinaryIO, *, start_offset: int, end_offset: int | None = None, limits: Limits
    ) -> None:
        head = stream.read(4)
        # The first bytes, decompressed, whatever the start offset.
        self.head = head
        self.compression = compression_of(head)
        self._limits = limits
        self.ends = Ends(b"", b"")
        if self.compression == "none":
            if start_offset:
                self.ends = _ends_before(stream, start_offset)
            # What an earlier load read is passed over, not read again.
            stream.seek(start_offset)
            chunks = decompressed("none", b"", stream, limits)
            if end_offset is not None:
                chunks = _first(chunks, end_offset - start_offset)
            self._chunks = _Chunks(chunks, given=start_offset)
        else:
            self._chunks = _Chunks(decompressed(self.compression, head, stream, limits))
            self.head = self._chunks.first(len(head))
            self._chunks.skip(start_offset)
        self._reader = io.BufferedReader(self._chunks, buffer_size=_READ_BYTES)
        self._start_offset = start_offset
        self.committed_offset = start_offset
        self._hash = hashlib.sha256()

    @property
    def damage(self) -> RecordError | None:
        """Why the container gave no more bytes; null when it ended as it should."""
        return self._chunks.damage

    @property
    def committed_bytes(self) -> int:
        """How many bytes were committed since the start offset."""
        return self.committed_offset - self._start_offset

    @property
    def committed_digest(self) -> str:
        """The sha256, in hex, of those bytes."""
        return self._hash.hexdigest()

    @property
    def is_used_up(self) -> bool:
        """True at the end of a sound stream of which every byte was committed."""
        return self.damage is None and not self.peek(1) and self._chunks.given == self.committed_offset

    def peek(self, size: int) -> bytes:
        """Up to `size` bytes ahead, which stay unread; fewer only late in the stream."""
        return self._reader.peek(size)[:size]

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end of the stream."""
        return self._reader.read(size)

    def read_line(self, limit: int) -> bytes:
        """Bytes up to and with the next line end, at most `limit`; empty at the end of the stream."""
        return self._reader.readline(limit)

    def commit(self, data: bytes) -> None:
        """Count `data`, the next bytes behind what is committed, as consumed."""
        self._hash.update(data)
        self.ends.add(data)
        self.committed_offset += len(data)

    def measure(self, already: bytes, *, to_line_end: bool) -> Extent:
        """Read on to the end of the line or of the stream, keeping only size, head and digests.

        `already` are the bytes that were read behind the committed position.
        """
        whole, after = hashlib.sha256(already), self._hash.copy()
        after.update(already)
        ends = self.ends.copy()
        ends.add(already)
        size, head, last = len(already), already[: self._limits.max_raw_bytes], already
        while not (to_line_end and last.endswith(b"\n")):
            more = self._reader.readline(_READ_BYTES) if to_line_end else self._reader.read(_READ_BYTES)
            if not more:
                break
            whole.update(more)
            after.update(more)
            ends.add(more)
            size, last = size + len(more), more
            head += more[: self._limits.max_raw_bytes - len(head)]
        is_line_ended = last.endswith(b"\n")
        return Extent(self.committed_offset, size, head, whole.hexdigest(), is_line_ended, after, ends)

    def begin_stretch(self) -> None:
        """Count bytes and digest anew from here; the offset goes on."""
        self._start_offset = self.committed_offset
        self._hash = hashlib.sha256()

    def commit_extent(self, extent: Extent) -> None:
        """Count a measured stretch, the next behind what is committed, as consumed."""
        self._hash = extent.hash_after.copy()
        self.ends = extent.ends_after.copy()
        self.committed_offset += extent.size

    def rest_as_bad(self, error: RecordError, already: bytes = b"") -> BadRecord:
        """Everything behind the committed position, consumed, as one bad record."""
        extent = self.measure(already, to_line_end=False)
        self.commit_extent(extent)
        return extent.as_bad(error)


@dataclass(frozen=True)
class Extent:
    """A stretch that was measured but not kept; digest and ends are what they will be once it is consumed."""

    offset: int
    size: int
    head: bytes
    digest: str
    is_line_ended: bool
    hash_after: Any
    ends_after: Ends

    def as_bad(self, error: RecordError) -> BadRecord:
        """The stretch as one bad record of unknown signal."""
        return BadRecord(
            self.offset, self.size, None, error.reason_code, error.reason, self.head, self.digest
        )


class _Chunks(io.RawIOBase):
    """An iterator of byte chunks as a raw stream; an error of the container ends it and is remembered."""

    def __init__(self, chunks: Iterator[bytes], *, given: int = 0) -> None:
        self._iterator = chunks
        self._rest = memoryview(b"")
        self.given = given
        self.damage: RecordError | None = None

    def readable(self) -> bool:
        return True

    def first(self, size: int) -> bytes:
        """The next bytes of the first chunk, up to `size`, which stay unread."""
        return bytes(self._rest[:size]) if self._fill() else b""

    def skip(self, size: int) -> None:
        while size > 0 and self._fill():
            step = min(size, len(self._rest))
            self._rest = self._rest[step:]
            self.given += step
            size -= step

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` wholly where there is enough: decompressors give small chunks, readers want large."""
        done = 0
        while done < len(buffer) and self._fill():
            step = min(len(buffer) - done, len(self._rest))
            buffer[done : done + step] = self._rest[:step]
            self._rest = self._rest[step:]
            done += step
        self.given += done
        return done

    def _fill(self) -> bool:
        while not self._rest:
            try:
                self._rest = memoryview(next(self._iterator))
            except StopIteration:
                return False
            except RecordError as error:
                self.damage = error
                self._iterator = iter(())
                return False
        return True


def _ends_before(stream: BinaryIO, offset: int) -> Ends:
    stream.seek(0)
    first = stream.read(min(PRINT_BYTES, offset))
    stream.seek(max(0, offset - PRINT_BYTES))
    return Ends(first, stream.read(min(PRINT_BYTES, offset)))


def _first(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The first bytes of a stream, so many."""
    for chunk in chunks:
        yield chunk[:size]
        size -= len(chunk)
        if size <= 0:
            return
