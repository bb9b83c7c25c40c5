"""How Metabase is connected to what is published: what to enter in which field, with this home's own paths.

Names of the fields: those that Metabase's API has for them, `engine` and `details` of a database. For
PostgreSQL as its driver has them, for DuckDB as `resources/metabase-plugin.yaml` of
motherduckdb/metabase_duckdb_driver (1.4.1.0) lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ingest.errors import SettingsError
from ingest.settings import Settings
from metabase.serving import Serving, views_anywhere

_WIDTH = 26


def lines_of_recipes(settings: Settings) -> Iterator[str]:
    """Every way to connect, the recommended one first. No password is known here, so none is told."""
    yield from _postgres(settings)
    yield ""
    yield from _duckdb(settings)


def init_sql(settings: Settings) -> str:
    """The text for `init_sql`. Raises SettingsError before the first release."""
    views = views_anywhere(Serving(Path(settings.serving)))
    if not views:
        raise SettingsError(f"Nothing has been published to {settings.serving} yet; run `make run` first.")
    return views


def _postgres(settings: Settings) -> Iterator[str]:
    yield "PostgreSQL, by Metabase's own driver (recommended)"
    if settings.postgres is None:
        yield "  Not in use: readers ask the folder. To publish to PostgreSQL as well, set"
        yield "  TRACEHOUSE_SERVING=postgresql://user:password@host:5432/database and run `make run`."
        return
    yield from _fields(
        {
            "engine": "postgres",
            "host": settings.postgres.host or "localhost",
            "port": str(settings.postgres.port or 5432),
            "dbname": settings.postgres.database,
            "user": settings.reader_role,
            "password": f"the one that you gave to {settings.reader_role}",
            "schema-filters-type": "inclusion",
            "schema-filters-patterns": "marts",
        }
    )
    role = settings.reader_role
    yield f"  {role} may read the released marts and nothing else. It cannot log in until somebody runs"
    yield f"  `alter role {role} login` and `\\password {role}` in psql. Where Metabase runs in a container,"
    yield "  the host has another name for it."


def _duckdb(settings: Settings) -> Iterator[str]:
    serving = Serving(Path(settings.serving))
    yield "DuckDB, by the driver of MotherDuck (a plugin of Metabase), on the file of views"
    yield from _fields({"engine": "duckdb", "database_file": str(serving.database), "read_only": "true"})
    yield ""
    yield "DuckDB, by the same driver, in memory with the same views"
    yield from _fields(
        {
            "engine": "duckdb",
            "database_file": ":memory:",
            "read_only": "false",
            "init_sql": "what `python -m metabase connect --init-sql` prints",
        }
    )
    yield f"  Both read the Parquet files below {serving.releases}; Metabase must find them"
    yield "  at that very path, so mount the folder there, read-only, where it runs in a container."


def _fields(values: dict[str, str]) -> Iterator[str]:
    yield from (f"  {name:<{_WIDTH}}{value}" for name, value in values.items())
