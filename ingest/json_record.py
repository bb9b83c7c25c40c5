"""One JSON record with exact numbers, and the digest that knows it again in another spelling."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal, InvalidOperation
from typing import Any

from ingest.pieces import Piece, RecordError

Object = dict[str, Any]

# Far beyond any event or snapshot, and far from the end of Python's stack.
MAX_NESTING = 200


def parse_object(piece: Piece) -> tuple[Object, str]:
    """A JSON object, its fractions as Decimal, and its canonical digest.

    Raises RecordError when the piece is no JSON object, nests too deep, gives one name twice, or holds what
    is no number or text.
    """
    if piece.encoding != "json":
        raise RecordError(
            "not_json", "This is not JSON; billing, governance and usage files hold JSON lines."
        )
    try:
        value = json.loads(
            piece.data.decode(),
            parse_float=_exact,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except RecordError:
        raise
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise RecordError("malformed_json", "This is not JSON.") from error
    if not isinstance(value, dict):
        raise RecordError("not_an_object", "This is JSON, but not an object.")
    return value, canonical_digest(value)


def canonical_digest(value: Any) -> str:
    """32 hex characters of blake2b over a JSON value: key order and the spelling of a number do not count.

    Raises RecordError for more than `MAX_NESTING` levels, and for a lone surrogate, which is no text.
    """
    text = json.dumps(_canonical(value, 0), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise RecordError("invalid_text", "The record holds a lone surrogate, which is no text.") from error
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _canonical(value: Any, depth: int) -> Any:
    """Letters before text and numbers keep the number 1 and the text '1' apart."""
    if depth > MAX_NESTING:
        raise _too_deep()
    match value:
        case dict():
            return {key: _canonical(item, depth + 1) for key, item in value.items()}
        case list():
            return [_canonical(item, depth + 1) for item in value]
        case bool() | None:
            return value
        case str():
            return f"s{value}"
        case _:
            return f"n{_number(value)}"


def _number(value: int | Decimal) -> str:
    """Its digits without zeros at the end, and the power of ten; exact at any length."""
    sign, digits, exponent = Decimal(value).as_tuple()
    text = "".join(map(str, digits))
    significant = text.rstrip("0")
    if not significant:
        return "0"
    return f"{'-' if sign else ''}{significant}e{int(exponent) + len(text) - len(significant)}"


def _object(members: list[tuple[str, Any]]) -> Object:
    """Of two members of one name, one would be lost."""
    value = dict(members)
    if len(value) != len(members):
        raise RecordError("repeated_name", "An object in the record gives one name twice.")
    return value


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise RecordError("bad_number", "The record holds a number that is too large to be kept.") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _too_deep() -> RecordError:
    return RecordError("too_deep", f"The record nests more than {MAX_NESTING} brackets.")
