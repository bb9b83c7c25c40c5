"""Take a JSON request apart at its records, where it does not decode as a whole.

A lone surrogate, a byte that is no UTF-8 or a value nested beyond the parser's stack spoils one text of a
request. Brackets and strings alone say where the records stand; each is then decoded for itself.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_STRING = re.compile(_TEXT, re.DOTALL)
_TOKEN = re.compile(rb"[{}\[\],]|" + _TEXT, re.DOTALL)
_NAME = re.compile(rb"\s*(" + _TEXT + rb")\s*:\s*", re.DOTALL)
_CLOSING = {b"{": b"}", b"[": b"]"}
# How many brackets stand around records, an array of requests among them, and around points of metrics.
_AROUND_RECORDS, _AROUND_POINTS = 7, 10
_METRICS = re.compile(rb'"resource_?[Mm]etrics"')
_LISTS = re.compile(
    "(resource|scope|instrumentationLibrary)(Spans|Metrics|Logs)|metrics|gauge|sum|summary|histogram"
    "|exponentialHistogram"
)
_RECORDS = re.compile("spans|logRecords|logs|dataPoints")
_UNREADABLE = (ValueError, ArithmeticError, RecursionError)

Decode = Callable[[bytes], Any]


@dataclass
class _Bracket:
    """An object or array of the request: where it stands, its commas, and the brackets right inside it."""

    begin: int
    end: int = 0
    commas: list[int] = field(default_factory=list)
    inside: dict[int, _Bracket] = field(default_factory=dict)


def nesting(text: bytes) -> int:
    """How many brackets stand inside each other at most."""
    depth = deepest = 0
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in b"}]":
            depth -= 1
    return deepest


def decode_apart(text: bytes, decode: Decode) -> Any:
    """What `decode` would give for the request, with a `msgspec.Raw` for each record that it does not take.

    The same for whatever else stands between the records, and for an object of which no one
    can say where its members end: none of it is passed over. Each byte is looked at a fixed number of times.
    Raises ValueError where brackets do not match.
    """
    return _apart(text, _outermost(text), decode)


def _outermost(text: bytes) -> _Bracket:
    # Closed brackets are kept down to the records; what stands below is only counted.
    root = _Bracket(-1)
    deepest = _AROUND_POINTS if _METRICS.search(text) else _AROUND_RECORDS
    held = [root]
    closing: list[bytes] = []
    for token in _TOKEN.finditer(text):
        sign, depth = token[0], len(closing)
        if sign in _CLOSING:
            if depth < deepest:
                bracket = _Bracket(token.start())
                held[-1].inside[len(held[-1].commas)] = bracket
                held.append(bracket)
            closing.append(_CLOSING[sign])
        elif sign in (b"}", b"]"):
            if not closing or closing.pop() != sign:
                raise ValueError("brackets do not match")
            if depth <= deepest:
                held.pop().end = token.end()
        elif sign == b"," and depth <= deepest:
            held[-1].commas.append(token.start())
    whole = root.inside.get(0)
    if closing or whole is None or text[: whole.begin].strip() or text[whole.end :].strip():
        raise ValueError("this is not one object or array")
    return whole


def _apart(text: bytes, whole: _Bracket, decode: Decode) -> Any:
    edges = [whole.begin, *whole.commas, whole.end - 1]
    parts = [(start + 1, end) for start, end in itertools.pairwise(edges)]
    if len(parts) == 1 and not text[parts[0][0] : parts[0][1]].strip():
        parts = []
    if text[whole.begin : whole.begin + 1] == b"[":
        return [
            _value(text[start:end], text, whole.inside.get(place), decode)
            for place, (start, end) in enumerate(parts)
        ]
    members: dict[str, Any] = {}
    for place, (start, end) in enumerate(parts):
        named = _NAME.match(text, start, end)
        name = _name(named, decode)
        if named is None or name is None or name in members:
            return _raw(text, whole)
        value, bracket = text[named.end() : end].strip(), whole.inside.get(place)
        members[name] = _member(name, value, text, bracket, decode)
        if isinstance(members[name], msgspec.Raw) and not _is_one(value, text, bracket):
            return _raw(text, whole)
    return members


def _name(named: re.Match[bytes] | None, decode: Decode) -> str | None:
    try:
        return None if named is None else str(decode(named[1]))
    except _UNREADABLE:
        return None


def _raw(text: bytes, whole: _Bracket) -> msgspec.Raw:
    return msgspec.Raw(text[whole.begin : whole.end])


def _is_all(value: bytes, text: bytes, bracket: _Bracket | None) -> bool:
    """Whether a value is an object or array and nothing beside it."""
    return bracket is not None and value == text[bracket.begin : bracket.end]


def _is_one(value: bytes, text: bytes, bracket: _Bracket | None) -> bool:
    """Whether a value is an object, an array or a string: more would be members without their comma."""
    return _is_all(value, text, bracket) or _STRING.fullmatch(value) is not None


def _member(name: str, value: bytes, text: bytes, bracket: _Bracket | None, decode: Decode) -> Any:
    """A member's value: taken apart where records stand below it."""
    camel = re.sub("_([a-z])", lambda match: match[1].upper(), name)
    if bracket is not None and _LISTS.fullmatch(camel):
        return _value(value, text, bracket, decode)
    is_list = value.startswith(b"[") and _is_all(value, text, bracket)
    if bracket is not None and is_list and _RECORDS.fullmatch(camel):
        # Their items are the records: whole, or not at all.
        flat = _Bracket(bracket.begin, bracket.end, bracket.commas)
        return _apart(text, flat, decode)
    return _value(value, text, None, decode)


def _value(value: bytes, text: bytes, bracket: _Bracket | None, decode: Decode) -> Any:
    try:
        return decode(value)
    except _UNREADABLE:
        value = value.strip()
        if bracket is None or not _is_all(value, text, bracket):
            return msgspec.Raw(value)
        return _apart(text, bracket, decode)
