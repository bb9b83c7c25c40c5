"""Native questions as Metabase runs them: template tags to bound parameters, on a real PostgreSQL.

Source of the rules: Metabase, docs/questions/native-editor/sql-parameters.md, optional-variables.md and
field-filters.md. Of dates it knows a day, `from~to` with either end open, and past days or months.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import adbc_driver_postgresql.dbapi as postgresql

Columns = Mapping[int, tuple[str, str, str]]

_CASTS = {"text": "text", "number": "numeric", "date": "date", "boolean": "boolean"}
_TAG = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_PAST = re.compile(r"past([1-9]\d*)(days|months)(~?)")


class QueryError(Exception):
    """What Metabase would tell of a query that cannot be run."""


def render(native: Mapping[str, Any], values: Mapping[str, Any], columns: Columns) -> tuple[str, list[Any]]:
    """The SQL with `$1` and so on, and what is bound to them. `values`: by the name of a tag."""
    tags = native.get("template-tags") or {}
    bound: list[Any] = []

    def bind(value: Any, cast: str) -> str:
        bound.append(value if isinstance(value, bool) else str(value))
        return f"${len(bound)}::text::{cast}" if not isinstance(value, bool) else f"${len(bound)}"

    def is_set(name: str) -> bool:
        if name not in tags:
            raise QueryError(f"The question has a tag {name!r} in its SQL, and none of that name.")
        return values.get(name, tags[name].get("default")) not in (None, [], "")

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        tag = tags.get(name)
        if not is_set(name):
            if tag["type"] == "dimension":
                return "1 = 1"
            raise QueryError(f"Cannot run the query: missing required parameters: #{{{name!r}}}")
        value = values.get(name, tag.get("default"))
        if tag["type"] == "dimension":
            return _condition(columns[tag["dimension"][1]], tag["widget-type"], value, bind)
        return bind(value[0] if isinstance(value, list) else value, _CASTS[tag["type"]])

    def optional(match: re.Match[str]) -> str:
        inside = match.group(1)
        names = _TAG.findall(inside)
        if not names:
            raise QueryError("[[…]] needs a {{tag}} in it.")
        return inside if all(is_set(name) for name in names) else ""

    return _TAG.sub(replace, _OPTIONAL.sub(optional, native["query"])), bound


def _condition(column: tuple[str, str, str], kind: str, value: Any, bind: Any) -> str:
    name = ".".join('"' + part.replace('"', '""') + '"' for part in column)
    group, _, operator = kind.partition("/")
    values = value if isinstance(value, list) else [value]
    if group == "date":
        return _between(f"({name})::date", str(values[0]), bind)
    cast = {"number": "numeric", "boolean": "boolean"}.get(group, "text")
    if operator in ("=", "!="):
        listed = ", ".join(bind(item, cast) for item in values)
        return f"{name} {'in' if operator == '=' else 'not in'} ({listed})"
    if operator in (">=", "<="):
        return f"{name} {operator} {bind(values[0], cast)}"
    if operator == "between":
        return f"{name} between {bind(values[0], cast)} and {bind(values[1], cast)}"
    if operator == "contains":
        return f"position(lower({bind(values[0], cast)}) in lower({name})) > 0"
    raise QueryError(f"A field filter of type {kind} is not known here.")


def _between(name: str, value: str, bind: Any) -> str:
    past = _PAST.fullmatch(value)
    if past:
        # Without `~`, the day or the month that is not over yet is left out.
        unit = past.group(2)[:-1]
        today = f"date_trunc('{unit}', current_date)::date"
        start = f"({today} - interval '{past.group(1)} {past.group(2)}')::date"
        return f"{name} >= {start}" + ("" if past.group(3) else f" and {name} < {today}")
    start, separator, end = value.partition("~")
    try:
        first, last = (date.fromisoformat(part[:10]) if part else None for part in (start, end))
    except ValueError:
        raise QueryError(f"The value {value!r} of a date is not known here.") from None
    if not separator:
        return f"{name} = {bind(first, 'date')}"
    conditions = [f"{name} >= {bind(first, 'date')}"] if first else []
    conditions += [f"{name} <= {bind(last, 'date')}"] if last else []
    return " and ".join(conditions)


class Connections:
    """Connections to PostgreSQL by address, open until `close`."""

    def __init__(self) -> None:
        self._open: dict[str, Any] = {}

    def run(
        self, details: Mapping[str, Any], sql: str, bound: list[Any]
    ) -> tuple[list[str], list[list[Any]]]:
        """Names of columns, and rows, as the connection's role. Raises QueryError in PostgreSQL's words."""
        url = url_of(details)
        try:
            if url not in self._open:
                self._open[url] = postgresql.connect(url, autocommit=True)
            with self._open[url].cursor() as cursor:
                cursor.execute(sql, bound or None)
                rows = [[_json(value) for value in row] for row in cursor.fetchall()]
                return [column[0] for column in cursor.description or []], rows
        except postgresql.Error as error:
            raise QueryError(" ".join(str(error).split())) from None

    def columns_of(self, details: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Schema, table and column of everything that the role may read in the schemas of the connection."""
        sql = (
            "select table_schema, table_name, column_name from information_schema.columns "
            "where table_schema like $1 order by table_schema, table_name, ordinal_position"
        )
        pattern = str(details.get("schema-filters-patterns") or "%").replace("*", "%")
        return [(row[0], row[1], row[2]) for row in self.run(details, sql, [pattern])[1]]

    def close(self) -> None:
        for connection in self._open.values():
            connection.close()


def url_of(details: Mapping[str, Any]) -> str:
    """What libpq connects with."""
    login = f"{details['user']}:{details['password']}"
    return f"postgresql://{login}@{details['host']}:{details['port']}/{details['dbname']}?connect_timeout=5"


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value
