"""Values to try a tag with: of its type alone, or out of the data that it filters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import combinations

from metabase.content.database import Database, QueryError
from metabase.content.model import Tag
from metabase.content.tags import Value
from metabase.sql import quoted, select

# The day that relative dates are counted from where no data has one.
NO_DAY = date(2000, 1, 1)
_TEXT = "a'b"


def samples_of_type(tag: Tag) -> Value:
    """A value that the type of `tag` allows; text with a quote in it, which must not matter."""
    if tag.default is not None:
        return tag.default
    kind, _, operator = tag.type.partition("/")
    if kind == "date":
        return "2000-01-01~2000-01-31" if operator in ("all-options", "range") else "2000-01-01"
    if kind == "number":
        return ("1", "2") if operator == "between" else 1
    return True if kind == "boolean" else _TEXT


def sample_values(database: Database, tags: Sequence[Tag]) -> dict[str, Value]:
    """A value for each tag, that of the newest or last row of its column where there is one."""
    return {tag.name: _out_of_data(database, tag) or samples_of_type(tag) for tag in tags}


def combinations_of(values: Mapping[str, Value]) -> Iterator[dict[str, Value]]:
    """Every choice of which tags are set: 2 to the power of their number, the empty one first."""
    for count in range(len(values) + 1):
        for chosen in combinations(values, count):
            yield {name: values[name] for name in chosen}


def _out_of_data(database: Database, tag: Tag) -> Value | None:
    if tag.field is None or tag.type.split("/")[0] not in ("string", "date"):
        return None
    schema, table, column = tag.field
    try:
        found = database.query(select(f"max({quoted(column)})", f"{quoted(schema)}.{quoted(table)}")).rows
    except QueryError:
        return None
    value = found[0][0] if found else None
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return f"{value.isoformat()}~{value.isoformat()}"
    return value if isinstance(value, str) else None
