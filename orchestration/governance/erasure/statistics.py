"""The catalogue's least and greatest values of columns, which outlive the rows that they are of."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ingest.subjects import Names

# Bounds that are right for any text: nothing sorts before the one or behind the other.
_LEAST, _GREATEST = "", "\U0010ffff"


def forget_statistics(catalog: Path, names: Names) -> int:
    """Loosen the bounds of whole tables that hold a name; how many. Those of files go with their files.

    Nothing else may write to the catalogue meanwhile.
    """
    with closing(sqlite3.connect(catalog)) as connection:
        connection.create_function(
            "holds_name", 1, lambda value: value is not None and names.is_in(str(value).encode())
        )
        changed = sum(
            connection.execute(
                f"update ducklake_table_column_stats set {column} = ? where holds_name({column})",  # noqa: S608 - ours
                [bound],
            ).rowcount
            for column, bound in (("min_value", _LEAST), ("max_value", _GREATEST))
        )
        connection.commit()
    return changed
