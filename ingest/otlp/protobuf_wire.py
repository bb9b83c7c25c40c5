"""Take a protobuf request apart by the wire format alone, where it does not parse as a whole.

In all three signals a request is field 1 = resources, a resource is field 2 = scopes, a scope is
field 2 = records. Before OTLP 1.0 scopes were instrumentation libraries, field 1000, and otherwise the same.
Source: protobuf.dev, Encoding.
"""

from __future__ import annotations

from collections.abc import Iterator

_RESOURCES, _SCOPES, _RECORDS = 1, 2, 2
LIBRARIES = 1000
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def requests_of_one(request: bytes) -> Iterator[bytes]:
    """For each record a request with that record alone; what cannot be taken apart further comes whole."""
    for resource, _ in _parts(request, _RESOURCES):
        if resource is None:
            yield request
            continue
        for scope, around_scope in _parts(resource, _SCOPES, LIBRARIES):
            if scope is None:
                yield _field(_RESOURCES, resource)
                continue
            for record, around_record in _parts(scope, _RECORDS):
                only_scope = scope if record is None else around_record + _field(_RECORDS, record)
                yield _field(_RESOURCES, around_scope + _field(_SCOPES, only_scope))


def _parts(message: bytes, *numbers: int) -> list[tuple[bytes | None, bytes]]:
    """Each entry of repeated fields with the rest of the message; one None where there is no walking it."""
    entries, rest = [], b""
    try:
        for field, start, content, end in _fields(message):
            if field in numbers and content is not None:
                entries.append(message[content:end])
            else:
                rest += message[start:end]
    except ValueError:
        return [(None, b"")]
    return [(entry, rest) for entry in entries] or [(None, b"")]


def _fields(message: bytes) -> Iterator[tuple[int, int, int | None, int]]:
    """Field number, start, start of its content if it has a length, end. Raises ValueError off the wire."""
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        content = None
        match tag & 7:
            case wire if wire == _VARINT:
                _, at = _varint(message, at)
            case wire if wire == _FIXED64:
                at += 8
            case wire if wire == _FIXED32:
                at += 4
            case wire if wire == _LENGTH:
                length, content = _varint(message, at)
                at = content + length
            case _:
                raise ValueError("a group or an unknown wire type")
        if at > len(message):
            raise ValueError("a field ends behind its message")
        yield tag >> 3, start, content, at


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        if at + place >= len(message):
            break
        byte = message[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("a varint without end")


def _field(number: int, content: bytes) -> bytes:
    length, encoded = len(content), bytearray([number << 3 | _LENGTH])
    while length >= 0x80:
        encoded.append(length & 0x7F | 0x80)
        length >>= 7
    encoded.append(length)
    return bytes(encoded) + content
