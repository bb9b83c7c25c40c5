"""The names of OTLP/JSON as numbers, and the walk over an object's members.

Each name that any message has is known everywhere; a message says which of them it takes. What it does not
take is passed over, as ProtoJSON says, save for names that the reader of single requests would take notice
of: a name in snake_case, a string table index, another signal, the names of OTLP before 1.0.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.otlp.kernels.arena import Bytes
from ingest.otlp.kernels.compiled import part
from ingest.otlp.kernels.json_tokens import (
    CLOSE_BRACE,
    COLON,
    COMMA,
    OPEN_BRACE,
    QUOTE,
    past_space,
    past_value,
    past_word,
    string_end,
)

_NAMES = (
    "key",
    "value",
    "stringValue",
    "intValue",
    "boolValue",
    "doubleValue",
    "arrayValue",
    "kvlistValue",
    "bytesValue",
    "values",
    "resourceSpans",
    "scopeSpans",
    "resource",
    "scope",
    "spans",
    "schemaUrl",
    "name",
    "version",
    "attributes",
    "traceId",
    "spanId",
    "parentSpanId",
    "traceState",
    "flags",
    "kind",
    "startTimeUnixNano",
    "endTimeUnixNano",
    "timeUnixNano",
    "status",
    "code",
    "message",
    "events",
    "links",
    "droppedAttributesCount",
    "droppedEventsCount",
    "droppedLinksCount",
    "keyStrindex",
    "stringValueStrindex",
    "resourceMetrics",
    "resourceLogs",
    "instrumentationLibrarySpans",
    "instrumentationLibrary",
)
_NUMBERS = {name: number for number, name in enumerate(_NAMES)}

VALUE_KEY: Final = _NUMBERS["key"]
VALUE: Final = _NUMBERS["value"]
STRING_VALUE: Final = _NUMBERS["stringValue"]
INT_VALUE: Final = _NUMBERS["intValue"]
BOOL_VALUE: Final = _NUMBERS["boolValue"]
DOUBLE_VALUE: Final = _NUMBERS["doubleValue"]
ARRAY_VALUE: Final = _NUMBERS["arrayValue"]
KVLIST_VALUE: Final = _NUMBERS["kvlistValue"]
BYTES_VALUE: Final = _NUMBERS["bytesValue"]
VALUES: Final = _NUMBERS["values"]
RESOURCE_SPANS: Final = _NUMBERS["resourceSpans"]
SCOPE_SPANS: Final = _NUMBERS["scopeSpans"]
RESOURCE: Final = _NUMBERS["resource"]
SCOPE: Final = _NUMBERS["scope"]
SPANS: Final = _NUMBERS["spans"]
SCHEMA_URL: Final = _NUMBERS["schemaUrl"]
NAME: Final = _NUMBERS["name"]
VERSION: Final = _NUMBERS["version"]
ATTRIBUTES: Final = _NUMBERS["attributes"]
TRACE_ID: Final = _NUMBERS["traceId"]
SPAN_ID: Final = _NUMBERS["spanId"]
PARENT_SPAN_ID: Final = _NUMBERS["parentSpanId"]
TRACE_STATE: Final = _NUMBERS["traceState"]
FLAGS: Final = _NUMBERS["flags"]
KIND: Final = _NUMBERS["kind"]
START_TIME: Final = _NUMBERS["startTimeUnixNano"]
END_TIME: Final = _NUMBERS["endTimeUnixNano"]
TIME: Final = _NUMBERS["timeUnixNano"]
STATUS: Final = _NUMBERS["status"]
CODE: Final = _NUMBERS["code"]
MESSAGE: Final = _NUMBERS["message"]
EVENTS: Final = _NUMBERS["events"]
LINKS: Final = _NUMBERS["links"]
DROPPED_ATTRIBUTES: Final = _NUMBERS["droppedAttributesCount"]
DROPPED_EVENTS: Final = _NUMBERS["droppedEventsCount"]
DROPPED_LINKS: Final = _NUMBERS["droppedLinksCount"]

_FIRST_NOT_TAKEN = _NUMBERS["keyStrindex"]
# Where `next_field` stands, beside a name's number.
END: Final = -1
BAD: Final = -2
_UNKNOWN = -3
# The bit of `seen` that says a member came before.
_NOT_FIRST = 1 << 62

_BY_LENGTH = sorted(_NAMES, key=len)
_LONGEST = len(_BY_LENGTH[-1])
_TEXT = np.frombuffer("".join(_BY_LENGTH).encode(), np.uint8)
_NUMBER = np.array([_NUMBERS[name] for name in _BY_LENGTH], np.int64)
# For each length, the first name of it in _BY_LENGTH, and where that name's text begins.
_FIRST = np.array([sum(len(name) < length for name in _NAMES) for length in range(_LONGEST + 2)], np.int64)
_BEGIN = np.array(
    [sum(len(name) for name in _NAMES if len(name) < length) for length in range(_LONGEST + 2)], np.int64
)


def taken(*names: int) -> int:
    """The names that a message takes, one bit each."""
    return sum(1 << name for name in names)


@part
def _number_of(source: Bytes, at: int, end: int) -> int:
    """The number of the name [at, end), or whether it is to be passed over or not understood."""
    length = end - at
    if length <= _LONGEST:
        begin = _BEGIN[length]
        for place in range(_FIRST[length], _FIRST[length + 1]):
            same = 0
            while same < length and source[at + same] == _TEXT[begin + same]:
                same += 1
            if same == length:
                return int(_NUMBER[place]) if _NUMBER[place] < _FIRST_NOT_TAKEN else BAD
            begin += length
    for place in range(at, end):
        if source[place] == 0x5F:
            return BAD
    return _UNKNOWN


@part
def first_field(source: Bytes, at: int) -> int:
    """From the object at `at` to behind its bracket, where `next_field` begins with `seen` 0; or -1."""
    return at + 1 if source[at] == OPEN_BRACE else -1


@part
def next_field(source: Bytes, at: int, seen: int, takes: int) -> tuple[int, int, int]:
    """From behind a member to the value of the next one that the message takes and that is not null.

    Returns its number, the place of its value, and `seen` with it. At the end of the object END and the place
    behind it; BAD for what is not understood, a member that comes twice among it.
    """
    while True:
        at = past_space(source, at)
        if source[at] == CLOSE_BRACE:
            return END, at + 1, seen
        if seen & _NOT_FIRST:
            if source[at] != COMMA:
                return BAD, -1, seen
            at = past_space(source, at + 1)
        seen |= _NOT_FIRST
        if source[at] != QUOTE:
            return BAD, -1, seen
        end, has_escape = string_end(source, at + 1)
        if end < 0 or has_escape:
            return BAD, -1, seen
        number = _number_of(source, at + 1, end)
        at = past_space(source, end + 1)
        if number == BAD or source[at] != COLON:
            return BAD, -1, seen
        at = past_space(source, at + 1)
        if number >= 0 and takes >> number & 1:
            if seen >> number & 1:
                return BAD, -1, seen
            seen |= 1 << number
            # Only null begins with n.
            if source[at] != 0x6E:
                return number, at, seen
            at = past_word(source, at)
        else:
            at = past_value(source, at)
        if at < 0:
            return BAD, -1, seen
