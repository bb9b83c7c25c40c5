"""Values as people read them, by the column settings of the question, in Metabase's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Settings = Mapping[str, Any]

# What stands for null: unknown, or nothing that applies. Never a zero.
NULL = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
_STEPS = ((1e9, "B"), (1e6, "M"), (1e3, "k"))


def title_of(column: str, settings: Settings) -> str:
    """The title of a column: as set, else its name in words."""
    return str(settings.get("column_title") or column.replace("_", " ").capitalize())


def shown(value: object, settings: Settings) -> str:
    """One value in full, with its unit. Times are UTC to the minute."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return _number(float(value), settings, settings.get("decimals"))
    return str(value)


def shortened(value: float, settings: Settings) -> str:
    """A number for an axis: at most three digits, with k, M or B."""
    if settings.get("number_style") == "percent":
        return f"{MINUS if value < 0 else ''}{abs(value) * 100:.3g} %"
    size, letter = next(((size, letter) for size, letter in _STEPS if abs(value) >= size), (1.0, ""))
    digits = f"{value / size:.3g}"
    sign, digits = (MINUS, digits[1:]) if digits.startswith("-") else ("", digits)
    return f"{sign}{_before(settings)}{digits}{letter}{settings.get('suffix', '')}"


def is_number(value: object) -> bool:
    """True for what can be drawn or stands to the right in a table."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _number(value: float, settings: Settings, decimals: int | None) -> str:
    is_share = settings.get("number_style") == "percent"
    scaled = value * 100 if is_share else value
    places = decimals if decimals is not None else (0 if scaled == int(scaled) else 2)
    digits = f"{abs(scaled):,.{places}f}"
    # What rounds to nothing and is something must not read as zero.
    if scaled != 0 and not digits.strip("0.,"):
        digits = f"{abs(scaled):.1g}" if abs(scaled) >= 0.0001 else f"{abs(scaled):.0e}"
    sign = MINUS if scaled < 0 else ""
    unit = " %" if is_share else str(settings.get("suffix", ""))
    return f"{sign}{_before(settings)}{digits}{unit}"


def _before(settings: Settings) -> str:
    if settings.get("number_style") == "currency":
        return {"USD": "$"}.get(str(settings.get("currency")), f"{settings.get('currency')} ")
    return str(settings.get("prefix", ""))
