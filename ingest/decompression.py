"""Gzip and zstd streams as plain bytes: member behind member, bounded, damage told as a RecordError."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import zstandard

from ingest.pieces import Limits, RecordError

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# What the zstd command line takes by default: 128 MiB of memory for one stream.
ZSTD_LARGEST_WINDOW = 1 << 27
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"
_READ_BYTES = 1024 * 1024
# Small steps into a decompressor bound what one step can give: about 2 MB for gzip, 90 MB for zstd at worst.
_COMPRESSED_STEP = 2048


class Expansion:
    """How much was made of how few bytes, of one file. Raises nothing; `room` is what may still be made."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken = self._given = 0

    def take(self, size: int) -> None:
        """Count compressed bytes."""
        self._taken += size

    def give(self, size: int) -> None:
        """Count what they gave."""
        self._given += size

    @property
    def room(self) -> int:
        """Bytes until it is a decompression bomb; negative once it is one."""
        most = max(self._limits.free_expansion_bytes, self._taken * self._limits.max_expansion)
        return most - self._given

    @property
    def error(self) -> RecordError:
        """The sentence for a bomb."""
        return RecordError(
            "decompression_bomb",
            f"{self._taken} compressed bytes gave more than {self._limits.max_expansion} times as many.",
        )


def compression_of(head: bytes) -> str:
    """'gzip', 'zstd' or 'none', by the first four bytes; a file's name says nothing."""
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    is_skippable = head[1:4] == _ZSTD_SKIPPABLE and head[:1] and 0x50 <= head[0] <= 0x5F
    return "zstd" if head.startswith(ZSTD_MAGIC) or is_skippable else "none"


def decompressed(compression: str, head: bytes, stream: BinaryIO, limits: Limits) -> Iterator[bytes]:
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
    # A member may be padded with zeroes, to the size of a block.
    return _members(chunks, limits, lambda: zlib.decompressobj(wbits=31), zlib.error, padding=b"\0")


def _zstd(chunks: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_LARGEST_WINDOW)
    return _members(chunks, limits, decompressor.decompressobj, zstandard.ZstdError)


def _members(
    chunks: Iterator[bytes],
    limits: Limits,
    new_member: Callable[[], Any],
    library_error: type[Exception],
    padding: bytes = b"",
) -> Iterator[bytes]:
    """Both formats are members (frames) one behind the other, each with a decompressor of its own."""
    taken, expansion = 0, Expansion(limits)
    member, is_inside = new_member(), False
    for chunk in chunks:
        for start in range(0, len(chunk), _COMPRESSED_STEP):
            step = chunk[start : start + _COMPRESSED_STEP]
            taken += len(step)
            expansion.take(len(step))
            while step := step if is_inside else step.lstrip(padding):
                try:
                    out, is_inside = member.decompress(step), True
                except library_error:
                    raise RecordError(
                        "corrupt_stream", f"The compressed stream is damaged near its byte {taken}."
                    ) from None
                step = b""
                if member.eof:
                    step, member, is_inside = member.unused_data, new_member(), False
                expansion.give(len(out))
                if out:
                    yield out
                if expansion.room < 0:
                    raise expansion.error
    if is_inside:
        raise RecordError("truncated_stream", f"The compressed stream ends early, after {taken} bytes.")
