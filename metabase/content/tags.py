"""The SQL of a question with its tags filled in, as Metabase fills them.

`{{name}}` is a tag. A field filter becomes a condition on its column, `1 = 1` where it is unset; a variable
becomes its value. `[[…]]` is left out unless every tag in it has a value. Values are bound as parameters,
`$1` and on, never written into the SQL.
Source: Metabase's documentation, "SQL parameters" and "Field filters".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from metabase.content.model import Tag
from metabase.errors import ContentError
from metabase.sql import quoted

Scalar = str | int | float | bool
Value = Scalar | Sequence[str]
_Bind = Callable[[Scalar | date], str]

_TAG = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_RANGE = re.compile(r"(\d{4}-\d\d-\d\d)?~(\d{4}-\d\d-\d\d)?")
_PAST = re.compile(r"past(\d+)(days|months)(~?)")


@dataclass(frozen=True)
class Rendered:
    """SQL without tags, and the values of its parameters `$1`, `$2` and so on."""

    sql: str
    values: tuple[Scalar | date, ...]


def tags_of(sql: str) -> list[tuple[str, int]]:
    """The tags in `sql` as they come, each with the line from 0 that it stands on."""
    return [(found.group(1), sql.count("\n", 0, found.start())) for found in _TAG.finditer(sql)]


def optional_tags_of(sql: str) -> set[str]:
    """The tags that stand only in `[[…]]`, and may therefore be unset whatever they are."""
    outside = {name for name, _ in tags_of(_OPTIONAL.sub("", sql))}
    return {name for name, _ in tags_of(sql)} - outside


def render(sql: str, tags: Sequence[Tag], values: Mapping[str, Value], *, today: date) -> Rendered:
    """Fill in `values`, and the default of each tag that has none there.

    `today` is the UTC day that relative dates such as `past30days~` are counted from.
    Raises ContentError for a variable without a value outside `[[…]]`, and for a date in unknown form.
    """
    declared = {tag.name: tag for tag in tags}
    chosen: dict[str, Value] = {
        tag.name: tag.default for tag in tags if tag.default is not None and tag.name not in values
    }
    chosen.update(values)
    bound: list[Scalar | date] = []

    def parameter(value: Scalar | date) -> str:
        bound.append(value)
        return f"${len(bound)}"

    def fill(found: re.Match[str]) -> str:
        tag = declared[found.group(1)]
        if tag.name in chosen:
            return _filled(tag, chosen[tag.name], parameter, today)
        if tag.field is not None:
            return "1 = 1"
        raise ContentError(f"The tag {tag.name} has no value and no default, and no [[ ]] around it.")

    def keep(found: re.Match[str]) -> str:
        part = found.group(1)
        # The lines of what is left out stay, so that an error names the line of the file.
        return part if all(name in chosen for name, _ in tags_of(part)) else "\n" * part.count("\n")

    return Rendered(_TAG.sub(fill, _OPTIONAL.sub(keep, sql)), tuple(bound))


def _filled(tag: Tag, value: Value, parameter: _Bind, today: date) -> str:
    if tag.field is None:
        if isinstance(value, str) and tag.type.startswith("date/"):
            return parameter(date.fromisoformat(value))
        return parameter(value if isinstance(value, Scalar) else value[0])
    column = ".".join(quoted(name) for name in tag.field)
    kind, _, operator = tag.type.partition("/")
    if kind == "date":
        return _date_condition(column, str(value), parameter, today)
    given: Sequence[Scalar] = [value] if isinstance(value, Scalar) else list(value)
    if operator == "contains":
        return f"{column} like '%' || {parameter(given[0])} || '%'"
    if operator in ("<=", ">="):
        return f"{column} {operator} {parameter(given[0])}"
    if operator == "between":
        return f"{column} between {parameter(given[0])} and {parameter(given[1])}"
    word = "not in" if operator == "!=" else "in"
    return f"{column} {word} ({', '.join(parameter(one) for one in given)})"


def _date_condition(column: str, value: str, parameter: _Bind, today: date) -> str:
    """`column >= first and column < after the last`, which is right for dates and for timestamps."""
    first, last = days_of(value, today)
    parts = [] if first is None else [f"{column} >= {parameter(first)}"]
    if last is not None:
        parts.append(f"{column} < {parameter(last + timedelta(days=1))}")
    return f"({' and '.join(parts)})"


def days_of(value: str, today: date) -> tuple[date | None, date | None]:
    """First and last day of a date filter, both inside, null for no bound.

    Known forms: `2026-10-01`, `2026-10-01~2026-10-31`, either end open, `2026-10`, `past30days`,
    `past30days~` (with today), the same of months, `thisday`, `thismonth`.
    """
    between = _RANGE.fullmatch(value)
    if between and value != "~":
        first, last = between.groups()
        return (date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None)
    past = _PAST.fullmatch(value)
    if past:
        number, unit, with_today = int(past.group(1)), past.group(2), bool(past.group(3))
        if unit == "days":
            return today - timedelta(days=number), today if with_today else today - timedelta(days=1)
        start = today.replace(day=1)
        return _month_before(start, number), today if with_today else start - timedelta(days=1)
    if value == "thisday":
        return today, today
    if value == "thismonth":
        return today.replace(day=1), _month_before(today.replace(day=1), -1) - timedelta(days=1)
    try:
        if len(value) == len("2026-10"):
            start = date.fromisoformat(f"{value}-01")
            return start, _month_before(start, -1) - timedelta(days=1)
        return date.fromisoformat(value), date.fromisoformat(value)
    except ValueError as error:
        raise ContentError(f"The date filter {value!r} is in no form that is known here.") from error


def _month_before(start: date, number: int) -> date:
    months = start.year * 12 + start.month - 1 - number
    return date(months // 12, months % 12 + 1, 1)
