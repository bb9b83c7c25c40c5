"""Single values of OTLP/JSON, read as ProtoJSON reads them: null is absent, int64 may be text.

Names may be in snake_case. Beyond ProtoJSON: ids may be base64, bytes url-safe or unpadded. Anything else
that is not what its field says raises RecordError with the field's name, never its value.
Source: opentelemetry-proto docs/specification.md (JSON Protobuf Encoding); protobuf.dev ProtoJSON.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ingest.pieces import RecordError

Object = dict[str, Any]

INT64 = (-(2**63), 2**63 - 1)
_INT32 = (-(2**31), 2**31 - 1)
_UINT32 = (0, 2**32 - 1)
_UINT64 = (0, 2**64 - 1)
# A time is judged by the rules of records, so that a negative one is told as such.
_TIME = (-(2**64), 2**64)
_LONGEST_NUMBER = 64
_INTEGER = re.compile(r"-?[0-9]+")
_DOUBLE_NAMES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_SNAKE = re.compile(r"_([a-z0-9])")


def camel_case(item: Object) -> Object:
    """`item` itself, or with all keys down from it in camelCase where one of its own is in snake_case."""
    return _camel_deep(item) if "_" in "".join(item) else item


def as_object(value: Any, field: str) -> Object:
    """A JSON object, empty for null."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise wrong(field, "an object")
    return camel_case(value)


def as_list(value: Any, field: str) -> list[Any]:
    """A JSON array, empty for null."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise wrong(field, "an array")
    return value


def objects(item: Object, field: str) -> list[Object]:
    """A repeated message field."""
    return [as_object(value, field) for value in as_list(item.get(field), field)]


def text(item: Object, field: str) -> str:
    """A string field, '' when absent."""
    value = item.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(field, "text")
    return value


def uint32(item: Object, field: str) -> int:
    """A uint32 or fixed32 field, 0 when absent."""
    return integer(item.get(field), field, _UINT32) or 0


def sint32(item: Object, field: str) -> int:
    """An int32 field, 0 when absent."""
    return integer(item.get(field), field, _INT32) or 0


def uint64(item: Object, field: str) -> int:
    """A uint64 or fixed64 field that counts, 0 when absent."""
    return integer(item.get(field), field, _UINT64) or 0


def uint64_list(item: Object, field: str) -> list[int]:
    """A repeated uint64 field."""
    return [integer(value, field, _UINT64) or 0 for value in as_list(item.get(field), field)]


def int64_or_none(item: Object, field: str) -> int | None:
    """An int64 field with presence."""
    return integer(item.get(field), field, INT64)


def time(item: Object, field: str) -> int:
    """A time in unix nanoseconds, 0 when absent; not yet checked."""
    value = item.get(field)
    if type(value) is str and value.isdecimal() and value.isascii() and len(value) < _LONGEST_NUMBER:
        return int(value)
    return integer(value, field, _TIME) or 0


def double_or_none(item: Object, field: str) -> float | None:
    """A double field with presence."""
    value = item.get(field)
    return None if value is None else double(value, field)


def double_list(item: Object, field: str) -> list[float]:
    """A repeated double field."""
    return [double(value, field) for value in as_list(item.get(field), field)]


def flag(item: Object, field: str) -> bool:
    """A bool field, false when absent."""
    value = item.get(field)
    if value is not None and not isinstance(value, bool):
        raise wrong(field, "true or false")
    return bool(value)


def enum(item: Object, field: str, names: Mapping[str, int]) -> int:
    """An enum as its number, 0 when absent; given as number or name."""
    value = item.get(field)
    if isinstance(value, str) and value in names:
        return names[value]
    return integer(value, field, _INT32) or 0


def identifier(item: Object, field: str, size: int) -> bytes:
    """An id of `size` bytes from hex, or base64 as some SDKs send it; empty when absent.

    Hex of another length comes back as it is: the rules of records say what becomes of it.
    """
    value = item.get(field)
    if not value and (value is None or value == ""):
        return b""
    if not isinstance(value, str):
        raise wrong(field, "text")
    try:
        data = bytes.fromhex(value)
        if len(value) == 2 * len(data) and len(data) == size:
            return data
    except ValueError:
        data = b""
    if len(value.rstrip("=")) == math.ceil(size * 4 / 3):
        data = base64_bytes(value, field)
    if len(data) != size or len(value) == 2 * size:
        raise RecordError(
            "bad_" + _snake_case(field), f"{_snake_case(field)} is not {size} bytes in hex or base64."
        )
    return data


def integer(value: Any, field: str, bounds: tuple[int, int]) -> int | None:
    """A whole number given as number, text or in exponent notation; null stays null."""
    if value is None:
        return None
    if type(value) is not int:
        value = _whole(value, field)
    if not bounds[0] <= value <= bounds[1]:
        raise RecordError("number_out_of_range", f"{_snake_case(field)} is outside its type's range.")
    return int(value)


def double(value: Any, field: str) -> float:
    """A double given as number, as text, or as one of the names that ProtoJSON knows."""
    if isinstance(value, str) and value in _DOUBLE_NAMES:
        return _DOUBLE_NAMES[value]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise wrong(field, "a number")
    try:
        number = float(_decimal(value, field)) if isinstance(value, str) else float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise RecordError("number_out_of_range", f"{_snake_case(field)} is outside its type's range.")
    return number


def _whole(value: Any, field: str) -> int:
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and _INTEGER.fullmatch(value):
        return int(value)
    number = _decimal(value, field)
    # Beyond 40 digits no type holds it, and writing it out would take as much memory as the sender likes.
    if not number.is_finite() or number.adjusted() > 40:
        raise RecordError("number_out_of_range", f"{_snake_case(field)} is outside its type's range.")
    if number != number.to_integral_value():
        raise wrong(field, "a whole number")
    return int(number)


def _decimal(value: Any, field: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | float | Decimal):
        raise wrong(field, "a number")
    if isinstance(value, str) and (len(value) > _LONGEST_NUMBER or value != value.strip() or "_" in value):
        raise wrong(field, "a number")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise wrong(field, "a number") from None


def base64_bytes(value: str, field: str) -> bytes:
    """Bytes from base64, standard or url-safe, padded or not."""
    standard = value.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise wrong(field, "base64") from None


def _camel_deep(value: Any) -> Any:
    # Loops, not comprehensions: one frame of the stack for each bracket.
    if isinstance(value, dict):
        item = {}
        for key, content in value.items():
            item[_camel(key)] = _camel_deep(content)
        return item
    if isinstance(value, list):
        items = []
        for content in value:
            items.append(_camel_deep(content))  # noqa: PERF401 - as said above
        return items
    return value


def _camel(key: str) -> str:
    return _SNAKE.sub(lambda match: match[1].upper(), key)


def _snake_case(field: str) -> str:
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), field)


def wrong(field: str, wanted: str) -> RecordError:
    """The error for a field that is not what it should be."""
    return RecordError("bad_field", f"{_snake_case(field)} is not {wanted}.")
