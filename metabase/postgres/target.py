"""Releases in PostgreSQL: one schema each, and the one that readers see is named `marts`.

    marts                what readers see; its comment says which release it is
    marts_r00000042      one that is ready to be shown
    marts_r00000041      one that was shown before; the role that reads may not look there any more

A release is loaded in one transaction, so its schema is there as a whole or not at all. It is shown by
renaming two schemas in one transaction (`metabase.postgres.swap`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
from adbc_driver_manager import dbapi

from ingest.postgres_url import PostgresUrl
from metabase.contracts import Project
from metabase.errors import PostgresError, StillReadError
from metabase.postgres.connection import Connection, connected, rows, run
from metabase.postgres.load import load_schema
from metabase.postgres.reader import ensure_reader, let_read, let_read_no_more
from metabase.postgres.swap import GAVE_UP_WAITING, swap
from metabase.serving import Serving
from metabase.sql import literal, quoted, select
from metabase.targets import descriptions

SHOWN = "marts"
_RELEASE = re.compile(r"marts_(r\d{8})")
_COMMENT = re.compile(r"Tracehouse release (r\d{8})")


@dataclass(frozen=True)
class PostgresTarget:
    """One database. Releases are loaded from `folder`; `reader` is the role that may read the shown one."""

    postgres: PostgresUrl
    reader: str
    folder: Serving

    def current(self) -> str | None:
        """As `Target` says. Raises PostgresError where a schema `marts` stands that no release made."""
        with connected(self.postgres) as connection:
            return _current(connection)

    def kept(self) -> list[str]:
        """As `Target` says."""
        with connected(self.postgres) as connection:
            return _kept(connection)

    def prepare(self, release_id: str, project: Project) -> None:
        """Load `staging` into a schema of its own, with keys, comments, statistics and who may read it."""
        with connected(self.postgres) as connection:
            self._load(connection, release_id, project, from_staging=True)

    def show(self, release_id: str, project: Project) -> None:
        """Swap it in; loaded from its folder first where the database does not have it."""
        with connected(self.postgres) as connection:
            current = _current(connection)
            if current != release_id:
                if release_id not in _kept(connection):
                    self._load(connection, release_id, project, from_staging=False)
                old, new = current and _schema(current), _schema(release_id)
                # One that was shown before could not be read any more.
                let_read(connection, self.reader, new)
                connection.commit()
                with connected(self.postgres) as guard:
                    swap(connection, guard, shown=SHOWN, old=old, new=new)
            let_read_no_more(connection, self.reader, [_schema(name) for name in _kept(connection)])
            connection.commit()

    def remove(self, release_id: str) -> None:
        """Drop its schema, where there is one."""
        with connected(self.postgres) as connection:
            if _current(connection) == release_id:
                raise PostgresError(
                    f"{self.postgres.shown} shows release {release_id} of an earlier home; `make run` "
                    "publishes a new one, and then this one can go."
                )
            try:
                run(connection, "set local lock_timeout = '1s'")
                run(connection, f"drop schema if exists {quoted(_schema(release_id))} cascade")
            except dbapi.Error as error:
                if error.sqlstate not in GAVE_UP_WAITING:
                    raise
                raise StillReadError(
                    f"Release {release_id} in {self.postgres.shown} cannot be removed, since a reader has a "
                    "transaction open in it; the next run tries again. To go on now, end that reader's "
                    "session (pg_stat_activity shows it) and run again."
                ) from None
            connection.commit()

    def batches(self, release_id: str) -> Iterator[pa.Table]:
        """One for each table, of the columns that hold text."""
        with connected(self.postgres) as connection:
            schema = SHOWN if _current(connection) == release_id else _schema(release_id)
            for table, listed in rows(connection, _TEXTS, (schema,)):
                query = select(str(listed), f"{quoted(schema)}.{quoted(str(table))}")
                with connection.cursor() as cursor:
                    cursor.execute(query)
                    for batch in cursor.fetch_record_batch():
                        yield pa.Table.from_batches([batch])

    def _load(self, connection: Connection, release_id: str, project: Project, *, from_staging: bool) -> None:
        schema = _schema(release_id)
        ensure_reader(connection, self.reader, self.postgres)
        run(connection, f"drop schema if exists {quoted(schema)} cascade")
        load_schema(
            connection,
            self.folder.staging if from_staging else self.folder.release(release_id),
            schema,
            marts=[*project.marts, *([project.health] if project.health else [])],
            descriptions=descriptions(project),
        )
        run(
            connection, f"comment on schema {quoted(schema)} is {literal(f'Tracehouse release {release_id}')}"
        )
        let_read(connection, self.reader, schema)
        connection.commit()


# Tables of a schema with the list of their columns that hold text.
_TEXTS = """
    select table_name::text, string_agg(quote_ident(column_name), ', ' order by ordinal_position)
    from information_schema.columns
    where table_schema = $1 and data_type = 'text'
    group by table_name order by table_name
"""


def _schema(release_id: str) -> str:
    return f"marts_{release_id}"


def _current(connection: Connection) -> str | None:
    found = rows(
        connection,
        "select coalesce(obj_description(oid, 'pg_namespace'), '') from pg_namespace where nspname = $1",
        (SHOWN,),
    )
    if not found:
        return None
    comment = _COMMENT.fullmatch(str(found[0][0]))
    if comment is None:
        raise PostgresError(
            f"The database has a schema {SHOWN} that no release made; rename it, or name another database "
            "in TRACEHOUSE_SERVING."
        )
    return comment[1]


def _kept(connection: Connection) -> list[str]:
    named = rows(connection, "select nspname::text from pg_namespace where nspname like 'marts\\_r%'")
    releases = {found[1] for (name,) in named if (found := _RELEASE.fullmatch(str(name)))}
    return sorted(releases | {release for release in [_current(connection)] if release})
