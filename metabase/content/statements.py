"""What a rendered statement reads, by DuckDB's own parser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

# Functions that may stand in `from`: they make rows out of their arguments and read nothing.
PURE_TABLE_FUNCTIONS = frozenset(["generate_series", "unnest"])


@dataclass(frozen=True)
class Reads:
    """`tables` as `schema.table`, CTEs left out; `functions` that stand in `from`."""

    tables: frozenset[str]
    functions: frozenset[str]


def reads_of(connection: duckdb.DuckDBPyConnection, sql: str) -> Reads | str:
    """What the one select `sql` reads; or why it is no select, as DuckDB says it."""
    row = connection.execute("select json_serialize_sql($1)", [sql]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {}
    if tree.get("error"):
        return str(tree.get("error_message"))
    if len(tree["statements"]) != 1:
        return "a question is one statement"
    tables: set[str] = set()
    functions: set[str] = set()
    for node, names in _nodes(tree["statements"][0], frozenset()):
        if node.get("type") == "BASE_TABLE":
            schema, table = node["schema_name"], node["table_name"]
            if schema or table not in names:
                tables.add(f"{schema}.{table}" if schema else table)
        if node.get("type") == "TABLE_FUNCTION":
            functions.add(node["function"]["function_name"])
    return Reads(frozenset(tables), frozenset(functions))


def _nodes(node: Any, names: frozenset[str]) -> Iterator[tuple[dict[str, Any], frozenset[str]]]:
    """Every mapping of the tree, each with the names of the CTEs that it can see."""
    if isinstance(node, list):
        for item in node:
            yield from _nodes(item, names)
    elif isinstance(node, dict):
        inside = names | {entry["key"] for entry in (node.get("cte_map") or {}).get("map", [])}
        yield node, inside
        for value in node.values():
            yield from _nodes(value, inside)
