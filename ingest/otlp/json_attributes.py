"""Attributes and AnyValue of OTLP/JSON. Source: opentelemetry-proto 1.x, common/v1/common.proto."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ingest.otlp.json_values import (
    INT64,
    as_list,
    as_object,
    base64_bytes,
    double,
    flag,
    integer,
    text,
    wrong,
)
from ingest.otlp.values import EMPTY, Attribute, Value, attribute, too_deep, unresolved_index
from ingest.pieces import RecordError

# So many digits are an int64 for sure.
_SMALL_INTEGER = re.compile(r"[0-9]{1,18}")


def attributes(value: Any, field: str, nesting: int) -> list[Attribute]:
    """A list of KeyValue; `nesting` is how deep a value may go."""
    if not value:
        return [] if value is None else _no_entries(value, field)
    found: list[Attribute] = []
    for entry in as_list(value, field):
        if type(entry) is not dict:
            raise wrong(field, "a list of key and value")
        key, content = entry.get("key"), entry.get("value")
        # Most attributes are one string or small integer under its camelCase name. A key by index is not.
        if key and type(key) is str and type(content) is dict and len(content) == 1:
            plain = content.get("stringValue")
            if type(plain) is str:
                found.append((key, plain, None))
                continue
            plain = content.get("intValue")
            if type(plain) is str and _SMALL_INTEGER.fullmatch(plain):
                found.append((key, str(int(plain)), "int"))
                continue
        found.append(attribute(*_key_value(entry, nesting)))
    return found


def any_value(value: Any, nesting: int) -> Value:
    """One AnyValue. Null and {} are the empty value."""
    item = as_object(value, "value")
    given = [(field, item[field]) for field in _VALUE_READERS if item.get(field) is not None]
    if not given:
        return EMPTY
    if len(given) > 1:
        raise RecordError("bad_attribute", "An attribute value has more than one type.")
    if nesting <= 0:
        raise too_deep()
    return _VALUE_READERS[given[0][0]](given[0][1], nesting - 1)


def _key_value(entry: Any, nesting: int) -> tuple[str, Value]:
    item = as_object(entry, "attribute")
    key = text(item, "key")
    if not key and item.get("keyStrindex"):
        raise unresolved_index()
    return key, any_value(item.get("value"), nesting)


def _string(value: Any, _nesting: int) -> Value:
    if not isinstance(value, str):
        raise wrong("stringValue", "text")
    return Value("string", value)


def _bool(value: Any, _nesting: int) -> Value:
    return Value("bool", flag({"boolValue": value}, "boolValue"))


def _int(value: Any, _nesting: int) -> Value:
    return Value("int", integer(value, "intValue", INT64))


def _double(value: Any, _nesting: int) -> Value:
    return Value("double", double(value, "doubleValue"))


def _bytes(value: Any, _nesting: int) -> Value:
    if not isinstance(value, str):
        raise wrong("bytesValue", "base64 text")
    return Value("bytes", base64_bytes(value, "bytesValue"))


def _array(value: Any, nesting: int) -> Value:
    items = as_list(as_object(value, "arrayValue").get("values"), "arrayValue")
    return Value("array", [any_value(item, nesting) for item in items])


def _kvlist(value: Any, nesting: int) -> Value:
    entries = as_list(as_object(value, "kvlistValue").get("values"), "kvlistValue")
    return Value("kvlist", [_key_value(entry, nesting) for entry in entries])


def _strindex(_value: Any, _nesting: int) -> Value:
    raise unresolved_index()


_VALUE_READERS: dict[str, Callable[[Any, int], Value]] = {
    "stringValue": _string,
    "intValue": _int,
    "doubleValue": _double,
    "boolValue": _bool,
    "arrayValue": _array,
    "kvlistValue": _kvlist,
    "bytesValue": _bytes,
    "stringValueStrindex": _strindex,
}


def _no_entries(value: Any, field: str) -> list[Attribute]:
    as_list(value, field)
    return []
