"""The decompressed bytes of one file: read ahead, commit what was understood, know what is left."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import zstandard

from ingest.pieces import BadRecord, Limits, RecordError

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"
_READ_BYTES = 1024 * 1024
# Small steps into a decompressor bound what one step can give: about 2 MB for gzip, 90 MB for zstd at worst.
_COMPRESSED_STEP = 2048


class ByteSource:
    """Decompressed bytes in order, with two positions: how far was read, how far was committed.

    What is committed counts as consumed: it is in `committed_digest`, and the next load starts behind it.
    `damage` says, once the end is reached, that the container ended early or is corrupt; null otherwise.
    """

    def __init__(self, stream: BinaryIO, *, start_offset: int, limits: Limits) -> None:
        head = stream.read(4)
        self.compression = compression_of(head)
        self._limits = limits
        self._chunks = _Chunks(_decompressed(self.compression, head, stream, limits))
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

    def peek(self, size: int) -> bytes:
        """Up to `size` bytes ahead, which stay unread; `size` of them at the start of the stream if it has them."""
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
        self.committed_offset += len(data)

    def measure(self, already: bytes, *, to_line_end: bool) -> Extent:
        """Read on to the end of the line or of the stream, keeping only size, head and digests.

        `already` are the bytes that were read behind the committed position.
        """
        whole, after = hashlib.sha256(already), self._hash.copy()
        after.update(already)
        size, head, last = len(already), already[: self._limits.max_raw_bytes], already
        while not (to_line_end and last.endswith(b"\n")):
            more = self._reader.readline(_READ_BYTES) if to_line_end else self._reader.read(_READ_BYTES)
            if not more:
                break
            whole.update(more)
            after.update(more)
            size, last = size + len(more), more
            head += more[: self._limits.max_raw_bytes - len(head)]
        return Extent(self.committed_offset, size, head, whole.hexdigest(), last.endswith(b"\n"), after)

    def commit_extent(self, extent: Extent) -> None:
        """Count a measured stretch, the next behind what is committed, as consumed."""
        self._hash = extent.hash_after.copy()
        self.committed_offset += extent.size

    def rest_as_bad(self, error: RecordError, already: bytes = b"") -> BadRecord:
        """Everything behind the committed position, consumed, as one bad record."""
        extent = self.measure(already, to_line_end=False)
        self.commit_extent(extent)
        return extent.as_bad(error)


@dataclass(frozen=True)
class Extent:
    """A stretch of the stream that was measured but not kept; `hash_after` is the digest if it is consumed."""

    offset: int
    size: int
    head: bytes
    digest: str
    is_line_ended: bool
    hash_after: Any

    def as_bad(self, error: RecordError) -> BadRecord:
        """The stretch as one bad record of unknown signal."""
        return BadRecord(
            self.offset, self.size, None, error.reason_code, error.reason, self.head, self.digest
        )


def compression_of(head: bytes) -> str:
    """'gzip', 'zstd' or 'none', by the first four bytes; a file's name says nothing."""
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    is_skippable = head[1:4] == _ZSTD_SKIPPABLE and head[:1] and 0x50 <= head[0] <= 0x5F
    return "zstd" if head.startswith(ZSTD_MAGIC) or is_skippable else "none"


class _Chunks(io.RawIOBase):
    """An iterator of byte chunks as a raw stream; an error of the container ends it and is remembered."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._iterator = chunks
        self._rest = memoryview(b"")
        self.damage: RecordError | None = None

    def readable(self) -> bool:
        return True

    def skip(self, size: int) -> None:
        while size > 0 and self._fill():
            step = min(size, len(self._rest))
            self._rest = self._rest[step:]
            size -= step

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` wholly where there is enough: a decompressor gives small chunks, readers want large ones."""
        done = 0
        while done < len(buffer) and self._fill():
            step = min(len(buffer) - done, len(self._rest))
            buffer[done : done + step] = self._rest[:step]
            self._rest = self._rest[step:]
            done += step
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


def _decompressed(compression: str, head: bytes, stream: BinaryIO, limits: Limits) -> Iterator[bytes]:
    """The bytes of `head` and then `stream`, decompressed.

    Raises RecordError after the last good byte when the stream is damaged, cut, or a decompression bomb.
    """
    yield from {"none": _plain, "gzip": _gzip, "zstd": _zstd}[compression](_chain(head, stream), limits)


def _chain(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    yield head
    while chunk := stream.read(_READ_BYTES):
        yield chunk


def _plain(chunks: Iterator[bytes], _limits: Limits) -> Iterator[bytes]:
    return chunks


def _gzip(chunks: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    return _members(chunks, limits, lambda: zlib.decompressobj(wbits=31), zlib.error)


def _zstd(chunks: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor(max_window_size=limits.max_piece_bytes)
    return _members(chunks, limits, decompressor.decompressobj, zstandard.ZstdError)


def _members(
    chunks: Iterator[bytes], limits: Limits, new_member: Callable[[], Any], library_error: type[Exception]
) -> Iterator[bytes]:
    """Both formats are members (frames) one behind the other, each with a decompressor of its own."""
    taken = given = 0
    member, is_inside = new_member(), False
    for chunk in chunks:
        for start in range(0, len(chunk), _COMPRESSED_STEP):
            step = chunk[start : start + _COMPRESSED_STEP]
            taken += len(step)
            while step:
                try:
                    out, is_inside = member.decompress(step), True
                except library_error:
                    raise RecordError("corrupt_stream", f"The compressed stream is damaged near its byte {taken}.") from None
                step = b""
                if member.eof:
                    step, member, is_inside = member.unused_data, new_member(), False
                given += len(out)
                if given > limits.free_expansion_bytes and given > taken * limits.max_expansion:
                    raise RecordError(
                        "decompression_bomb",
                        f"{taken} compressed bytes gave more than {limits.max_expansion} times as many.",
                    )
                if out:
                    yield out
    if is_inside:
        raise RecordError("truncated_stream", f"The compressed stream ends early, after {taken} bytes.")
