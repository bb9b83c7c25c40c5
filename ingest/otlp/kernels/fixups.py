"""The few values that a kernel leaves as they were sent, as text by the rules for single requests."""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal

import msgspec
import numpy as np
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from ingest.otlp import json_attributes, json_values, protobuf_fields
from ingest.otlp.kernels import arena as a
from ingest.otlp.kernels.arena import Arena, Bytes, Ints
from ingest.otlp.values import attribute, double_text
from ingest.pieces import Encoding, RecordError

# Reads the bytes of a value of a type, nested no deeper than a limit.
Reader = Callable[[int, bytes, int], str]

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_DOUBLE = struct.Struct("<d")
# The parser counts its 100 levels from the request on: alone, a value could go deeper than in its place.
_DEEPEST_ALONE = 32


def fixed(
    source: Bytes, starts: Ints, arena: Arena, encoding: Encoding, nesting: int
) -> tuple[Arena, list[int]]:
    """The arena with every value rendered, and the pieces of those that no rule can read.

    `nesting` is how deep a value may go. With such pieces the arena is of no use: scan again without.
    """
    rows = np.flatnonzero(arena.attrs[: arena.counts[a.ATTRS], a.TYPE] < 0)
    if not len(rows):
        return arena, []
    read = _READERS[encoding]
    texts: list[bytes] = []
    bad: set[int] = set()
    for offset, length, kind in arena.attrs[rows][:, [a.VALUE, a.VALUE + 1, a.TYPE]].tolist():
        try:
            text = read(-1 - kind, source[offset : offset + length].tobytes(), nesting)
            texts.append(text.encode())
        except (RecordError, DecodeError, ValueError, ArithmeticError, RecursionError):
            bad.add(int(np.searchsorted(starts, offset, "right")) - 1)
    if bad:
        return arena, sorted(bad)
    return _with_texts(source, arena, rows, texts), []


def _with_texts(source: Bytes, arena: Arena, rows: Ints, texts: list[bytes]) -> Arena:
    taken = int(arena.counts[a.SCRATCH])
    rendered = np.frombuffer(b"".join(texts) + bytes(a.PADDING), np.uint8)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    arena.attrs[rows, a.VALUE] = len(source) + taken + np.cumsum(lengths) - lengths
    arena.attrs[rows, a.VALUE + 1] = lengths
    arena.attrs[rows, a.TYPE] = -1 - arena.attrs[rows, a.TYPE]
    arena.counts[a.SCRATCH] += lengths.sum()
    return arena._replace(scratch=np.concatenate((arena.scratch[:taken], rendered)))


def _read_json(kind: int, raw: bytes, nesting: int) -> str:
    """A double is its number or text alone, any other value its whole AnyValue."""
    content = _DECODER.decode(raw)
    if kind == a.DOUBLE:
        return double_text(json_values.double(content, "doubleValue"))
    return attribute("", json_attributes.any_value(content, nesting))[1]


def _read_protobuf(kind: int, raw: bytes, nesting: int) -> str:
    """A double is its eight bytes, any other value its whole AnyValue."""
    if kind == a.DOUBLE:
        return double_text(*_DOUBLE.unpack(raw))
    value = protobuf_fields.any_value(AnyValue.FromString(raw), min(nesting, _DEEPEST_ALONE))
    return attribute("", value)[1]


_READERS: dict[Encoding, Reader] = {"json": _read_json, "protobuf": _read_protobuf}
