"""Protobuf requests out of a byte stream: behind 4-byte lengths, or one bare request body.

Protobuf does not say its signal, so the file's path does.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import zstandard

from ingest.byte_source import ByteSource
from ingest.decompression import ZSTD_LARGEST_WINDOW, ZSTD_MAGIC, Expansion
from ingest.pieces import BadRecord, Limits, Piece, RecordError, Signal, bad_record

HEADER_BYTES = 4
_EMPTY_MESSAGE = bytes(HEADER_BYTES)
_PEEK_BYTES = 64 * 1024
# Tag of field 1, length-delimited: resource_spans, resource_metrics and resource_logs alike.
_RESOURCE_TAG = 0x0A
_LONGEST_VARINT = 10
_SIGNAL = re.compile(r"(traces|metrics|logs)|(?<![a-z])(trace|metric|log)(?![a-z])")
_SIGNALS: dict[str, Signal] = {
    "traces": "traces",
    "trace": "traces",
    "metrics": "metrics",
    "metric": "metrics",
    "logs": "logs",
    "log": "logs",
}

_TORN = RecordError("torn_record", "The record ends before it is whole.")
_NO_REQUEST = RecordError("malformed_protobuf", "These bytes are no OTLP request.")
_UNKNOWN = RecordError("unknown_format", "The file is neither text nor protobuf.")
_NO_SIGNAL = RecordError(
    "unknown_signal", "Protobuf needs `traces`, `metrics` or `logs` in its path; this path has none."
)


def signal_of_path(relative_path: str) -> Signal | None:
    """The signal that a path names; of several the last, so a file's name outweighs its folder's."""
    names = [match.group() for match in _SIGNAL.finditer(relative_path.lower())]
    return _SIGNALS[names[-1]] if names else None


def framed_pieces(
    source: ByteSource, signal: Signal | None, limits: Limits, is_complete: bool
) -> Iterator[Piece | BadRecord]:
    """Each message behind its 4-byte big-endian length: protobuf or JSON, perhaps compressed by itself.

    A length beyond the limit or the file has nothing behind it that could be found again.
    """
    expansion = Expansion(limits)
    while header := source.read(HEADER_BYTES):
        length = int.from_bytes(header, "big")
        if header == _EMPTY_MESSAGE:
            # A hole in a file is millions of empty messages: they are passed over together.
            ahead = source.peek(_PEEK_BYTES)
            zeroes = len(ahead) - len(ahead.lstrip(b"\0"))
            header += source.read(zeroes - zeroes % HEADER_BYTES)
            source.commit(header)
            continue
        is_too_large = len(header) == HEADER_BYTES and length > limits.max_piece_bytes
        message = b"" if is_too_large or len(header) < HEADER_BYTES else source.read(length)
        if is_too_large or len(header) < HEADER_BYTES or len(message) < length:
            if is_complete:
                torn = source.damage or _TORN
                yield source.rest_as_bad(_too_large(limits) if is_too_large else torn, header + message)
            return
        position = (source.committed_offset, HEADER_BYTES + length)
        source.commit(header + message)
        yield _request(position, message, signal, limits, expansion)


def bare_pieces(
    source: ByteSource, signal: Signal | None, limits: Limits, is_complete: bool
) -> Iterator[Piece | BadRecord]:
    """One request body, cut at its resources: each is a request by itself, so a large body stays bounded."""
    expansion = Expansion(limits)
    while tag := source.read(1):
        prefix, length = _length(tag, source)
        is_resource = tag[0] == _RESOURCE_TAG and length is not None
        fits = is_resource and length is not None and length <= limits.max_piece_bytes
        body = source.read(length) if fits and length is not None else b""
        if not fits or length is None or len(body) < length:
            if is_complete:
                torn = source.damage or _TORN
                error = _NO_REQUEST if not is_resource else torn if fits else _too_large(limits)
                yield source.rest_as_bad(error, prefix + body)
            return
        position = (source.committed_offset, len(prefix) + length)
        source.commit(prefix + body)
        yield _request(position, prefix + body, signal, limits, expansion)


def unknown_piece(source: ByteSource, is_complete: bool) -> Iterator[BadRecord]:
    """The whole file as one bad record, once it is complete."""
    if is_complete:
        yield source.rest_as_bad(_UNKNOWN)


def _length(tag: bytes, source: ByteSource) -> tuple[bytes, int | None]:
    """The bytes of a tag and its varint length, and that length; null when it is no varint."""
    prefix, value = tag, 0
    for place in range(_LONGEST_VARINT):
        byte = source.read(1)
        if not byte:
            return prefix, None
        prefix += byte
        value |= (byte[0] & 0x7F) << (7 * place)
        if byte[0] < 0x80:
            return prefix, value
    return prefix, None


def _request(
    position: tuple[int, int], message: bytes, signal: Signal | None, limits: Limits, expansion: Expansion
) -> Piece | BadRecord:
    try:
        data = _decompressed(message, limits, expansion) if message.startswith(ZSTD_MAGIC) else message
    except RecordError as error:
        return bad_record(position, signal, error, message, limits)
    # No protobuf request begins so; after white space it could: a line end and "{" are field 1 of 123 bytes.
    if data.startswith(b"{"):
        return Piece(*position, data, "json", None)
    if signal is None:
        return bad_record(position, None, _NO_SIGNAL, message, limits)
    return Piece(*position, data, "protobuf", signal)


def _decompressed(message: bytes, limits: Limits, expansion: Expansion) -> bytes:
    expansion.take(len(message))
    most = max(0, min(limits.max_piece_bytes, expansion.room))
    decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_LARGEST_WINDOW)
    try:
        with decompressor.stream_reader(io.BytesIO(message), read_across_frames=True) as reader:
            data = reader.read(most + 1)
    except zstandard.ZstdError:
        raise RecordError("corrupt_stream", "The compressed message is damaged.") from None
    if len(data) > most:
        raise _too_large(limits) if most == limits.max_piece_bytes else expansion.error
    expansion.give(len(data))
    return data


def _too_large(limits: Limits) -> RecordError:
    return RecordError("too_large", f"The record is longer than {limits.max_piece_bytes} bytes.")
