"""Files of a home that say what was in the lake: logs, reports, the outbox, the scheduler's storage."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from ingest.settings import Settings
from ingest.subjects import Names

_SQLITE = b"SQLite format 3\0"


def scrub_files(settings: Settings, names: Names) -> list[str]:
    """Take `names` out of every file of the home but landing, lake, catalogue, releases and ledger.

    Texts lose the names alone and databases the names in their values, and both are written anew; any other
    file is a cache that is made again, and goes. Gives the files, relative to the home.
    """
    return [
        str(file.relative_to(settings.home))
        for file in _files(settings)
        if (_scrub_database if _is_sqlite(file) else _scrub)(file, names)
    ]


def _files(settings: Settings) -> Iterator[Path]:
    left_alone = {settings.landing, Path(settings.lake), Path(settings.serving), settings.home / "ledger"}
    for folder, folders, files in os.walk(settings.home):
        folders[:] = [name for name in folders if Path(folder, name) not in left_alone]
        for name in sorted(files):
            file = Path(folder, name)
            if file.is_file() and not file.is_symlink() and not _is_of(settings.catalog_file, file):
                yield file


def _is_of(catalog: Path, file: Path) -> bool:
    """The catalogue, or one of the files that SQLite keeps beside it."""
    return file.parent == catalog.parent and file.name.startswith(catalog.name)


def _is_sqlite(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(_SQLITE)) == _SQLITE


def _scrub(file: Path, names: Names) -> bool:
    content = file.read_bytes()
    if not names.is_in(content):
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        file.unlink()
        return True
    new = file.with_name(f"{file.name}.part")
    new.write_bytes(names.without(content))
    new.chmod(file.stat().st_mode)
    new.replace(file)
    return True


def _scrub_database(file: Path, names: Names) -> bool:
    """Every value of every table without the names, and no freed page that still holds them."""
    is_changed = False
    with closing(sqlite3.connect(file)) as connection:
        connection.create_function(
            "without_names", 1, lambda value: _without(value, names), deterministic=True
        )
        for (table,) in connection.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        ).fetchall():
            for _, column, *_ in connection.execute(f"pragma table_info({_quoted(table)})").fetchall():
                name = _quoted(column)
                done = connection.execute(
                    f"update {_quoted(table)} set {name} = without_names({name}) "  # noqa: S608 - names of its schema
                    f"where typeof({name}) in ('text', 'blob') and without_names({name}) is not {name}"
                )
                is_changed = is_changed or done.rowcount > 0
        connection.commit()
        if is_changed:
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")
    return is_changed


def _without(value: Any, names: Names) -> Any:
    if isinstance(value, str):
        return names.without(value.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
    return names.without(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
