"""How SQL is put together here: names are quoted, text is escaped, and nothing comes from telemetry.

Every statement that this package builds is made of three kinds of pieces: identifiers and types out of
dbt's manifest, expressions out of `expectations/*.yml`, both written by the people who write the models,
and paths out of the settings. Values found in the data are bound as parameters, or never leave SQL. That
is why the exceptions from the linter's rule against built SQL (S608) point here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# What a contract may declare: plain scalars that every reader knows (design §9, PostgreSQL serving).
PLAIN_TYPES = frozenset(
    ["BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL", "VARCHAR", "DATE", "TIMESTAMP"]
)
_TYPE = re.compile(r"[a-z][a-z0-9_ ]*(\(\s*\d+\s*(,\s*\d+\s*)?\))?", re.IGNORECASE)


def quoted(name: str) -> str:
    """`name` as an SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def columns(names: Iterable[str]) -> str:
    """A list of identifiers for `select`, `order by` or `partition by`."""
    return ", ".join(quoted(name) for name in names)


def select(what: str, source: str) -> str:
    """A select of the expressions `what` from `source`, both pieces of SQL as described above."""
    return f"select {what} from {source}"  # noqa: S608 - see the module's docstring


def is_type(text: str) -> bool:
    """True for what looks like one SQL type and nothing more, such as `decimal(38, 9)`."""
    return _TYPE.fullmatch(text.strip()) is not None
