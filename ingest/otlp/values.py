"""Attribute values: how each kind of AnyValue is written as text, the same for JSON and protobuf.

The text forms are those of ingest.schema: a type beside every value that was no string, JSON for arrays and
maps. A kvlist is a map, so its entries are written in key order; repeated keys all stay.
Source: opentelemetry-proto 1.x, common/v1/common.proto.
"""

from __future__ import annotations

import base64
import json
import math
from operator import itemgetter
from typing import Literal, NamedTuple

from ingest.pieces import RecordError

Kind = Literal["string", "int", "double", "bool", "bytes", "array", "kvlist", "empty"]

# Key, value as text, and its type; a string has none.
Attribute = tuple[str, str, str | None]
# Keys and values of one map, side by side.
Pairs = tuple[list[str], list[str]]
Repeated = list[dict[str, str | None]]

_key = itemgetter(0)
_NONE_REPEATED: Repeated = []


class Value(NamedTuple):
    """One AnyValue: its kind, and str, int, float, bool, bytes, list[Value], list[(key, Value)] or None."""

    kind: Kind
    content: object


EMPTY = Value("empty", None)


def attribute(key: str, value: Value) -> Attribute:
    """One attribute as it is stored."""
    if value.kind == "string":
        return key, str(value.content), None
    return key, _text(value), value.kind


def body_text(value: Value) -> tuple[str, str | None]:
    """A log body as text and its type, null for a string."""
    return attribute("", value)[1:]


def attribute_columns(attributes: list[Attribute]) -> tuple[Pairs, Pairs, Repeated]:
    """The three columns of an attribute list: values, types of what is no string, repeats of a key.

    The first of repeated keys is in the map; the rest are kept in order.
    """
    keys = [key for key, _, _ in attributes]
    repeated = _NONE_REPEATED
    if len(set(keys)) < len(keys):
        attributes, repeated = _first_of_each(attributes)
        keys = [key for key, _, _ in attributes]
    typed = [(key, kind) for key, _, kind in attributes if kind is not None]
    return (
        (keys, [text for _, text, _ in attributes]),
        ([key for key, _ in typed], [kind for _, kind in typed]),
        repeated,
    )


def canonical(attributes: list[Attribute]) -> list[Attribute]:
    """The attributes in key order, repeats in the order sent: the form that digests cover."""
    return sorted(attributes, key=_key)


def too_deep() -> RecordError:
    """The error for values nested beyond the limit."""
    return RecordError("too_deep", "An attribute nests too many values inside each other.")


def unresolved_index() -> RecordError:
    """Keys and values by index need a string table, which only profiles carry."""
    return RecordError("unresolved_string_index", "An attribute points into a string table that is missing.")


def double_text(number: float) -> str:
    """The shortest text that reads back as the same double, always with a point, an exponent or a name."""
    if math.isfinite(number):
        return repr(number)
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _first_of_each(attributes: list[Attribute]) -> tuple[list[Attribute], Repeated]:
    first: dict[str, Attribute] = {}
    repeated: Repeated = []
    for item in attributes:
        if first.setdefault(item[0], item) is not item:
            repeated.append({"key": item[0], "value": item[1], "type": item[2]})
    return list(first.values()), repeated


def _text(value: Value) -> str:
    match value.kind, value.content:
        case "bool", flag:
            return "true" if flag else "false"
        case "double", float(number):
            return double_text(number)
        case "bytes", bytes(data):
            return base64.b64encode(data).decode()
        case "empty", _:
            return ""
        case (("array" | "kvlist"), _):
            return _json(value)
        case _:
            return str(value.content)


def _json(value: Value) -> str:
    match value.kind, value.content:
        case "string", str(text):
            return _quoted(text)
        case "bytes", _:
            return f'{{"bytesValue": "{_text(value)}"}}'
        case "double", float(number) if not math.isfinite(number):
            return f'{{"doubleValue": "{double_text(number)}"}}'
        case "empty", _:
            return "null"
        case "array", list(items):
            return "[" + ", ".join(_json(item) for item in items) + "]"
        case "kvlist", list(entries):
            ordered = sorted(entries, key=_key)
            return (
                "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_json(v)}" for k, v in ordered) + "}"
            )
        case _:
            return _text(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
