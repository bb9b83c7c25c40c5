"""The role that Metabase asks as: it may read the released marts, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from adbc_driver_manager import dbapi

from ingest.postgres_url import PostgresUrl
from metabase.errors import PostgresError
from metabase.postgres.connection import Connection, rows, run
from metabase.sql import quoted

_LACKS_RIGHT = "42501"


def ensure_reader(connection: Connection, reader: str, postgres: PostgresUrl) -> None:
    """Create the role where it is missing: it cannot log in until somebody gives it a password.

    Raises PostgresError, with the statement that helps, where this user may not create roles; and where the
    role could write what this user writes.
    """
    found = rows(connection, _MAY_WRITE, (reader,))
    if found == [(True,)]:
        raise PostgresError(
            f"TRACEHOUSE_READER_ROLE is {reader}, which may write to {postgres.shown}: it is a superuser, or "
            "the user who publishes, or a member of that one; name a role of its own."
        )
    if found:
        return
    try:
        run(connection, f"create role {quoted(reader)} nologin")
        run(connection, f"alter role {quoted(reader)} set default_transaction_read_only = on")
    except dbapi.Error as error:
        if error.sqlstate != _LACKS_RIGHT:
            raise
        raise PostgresError(
            f"{postgres.shown} has no role {reader}, and this user may not create one. Let an administrator "
            f"run `create role {reader} nologin` and `alter role {reader} set "
            "default_transaction_read_only = on`, or name another in TRACEHOUSE_READER_ROLE; then run again."
        ) from None


def let_read(connection: Connection, reader: str, schema: str) -> None:
    """Every table of a release that is about to be shown."""
    run(connection, f"grant usage on schema {quoted(schema)} to {quoted(reader)}")
    run(connection, f"grant select on all tables in schema {quoted(schema)} to {quoted(reader)}")


def let_read_no_more(connection: Connection, reader: str, schemas: Iterable[str]) -> None:
    """In `schemas` that exist the reader finds no table any more; a query that has found them goes on."""
    for schema in schemas:
        if rows(connection, _MAY_USE, (reader, schema)):
            run(connection, f"revoke usage on schema {quoted(schema)} from {quoted(reader)}")


_MAY_WRITE = "select rolsuper or pg_has_role(oid, current_user, 'member') from pg_roles where rolname = $1"
_MAY_USE = """
    select 1 from pg_namespace, aclexplode(nspacl) as granted
    where granted.grantee = (select oid from pg_roles where rolname = $1) and nspname = $2
    and granted.privilege_type = 'USAGE'
"""
