"""One connection to PostgreSQL, by ADBC; what goes wrong is a sentence without a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from adbc_driver_manager import dbapi
from adbc_driver_postgresql.dbapi import connect

from ingest.postgres_url import PostgresUrl
from metabase.errors import PostgresError

Connection: TypeAlias = dbapi.Connection
Cursor: TypeAlias = dbapi.Cursor

# The first that counts nulls in a key as equal, as the test `one_row_per` does.
OLDEST_VERSION = 15
_ADVICE = "Readers still see the release before; see that it runs and lets this user in, then run again."


@contextmanager
def connected(postgres: PostgresUrl) -> Iterator[Connection]:
    """A connection that commits when it is told to. Raises PostgresError for whatever the server refuses."""
    try:
        with connect(postgres.url) as connection:
            _check(connection)
            yield connection
    except dbapi.Error as error:
        raise PostgresError(f"{postgres.shown} failed ({reason(postgres, error)}). {_ADVICE}") from None


def run(connection: Connection, statement: str) -> None:
    """Run one statement that gives no rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def rows(connection: Connection, query: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every row of a query; `values` stand for `$1`, `$2`, … in it."""
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return list(cursor.fetchall())


def reason(postgres: PostgresUrl, error: dbapi.Error) -> str:
    """What the server said, on one line."""
    said = [line.strip() for line in postgres.masked(str(error)).splitlines() if line.strip()]
    return " ".join(said)[:500]


def _check(connection: Connection) -> None:
    [(version, encoding)] = rows(
        connection, "select current_setting('server_version_num')::int / 10000, getdatabaseencoding()::text"
    )
    if int(str(version)) < OLDEST_VERSION:
        raise PostgresError(f"PostgreSQL {version} is too old to serve from; use {OLDEST_VERSION} or newer.")
    if encoding != "UTF8":
        raise PostgresError(f"The database is encoded as {encoding}; create one with encoding UTF8.")
