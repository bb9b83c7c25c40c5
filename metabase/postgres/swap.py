"""Two schemas change names in one transaction: no reader errs, and each query sees one release wholly.

Renaming a schema takes no lock that a reader holds, so it waits for nobody, not even for one who is idle in a
transaction. But a query finds its tables one after another, and one that names two marts could find the first
before the swap and the second after it (tried: 3 of 9,631 queries, 200 swaps under 4 readers). Therefore a
second connection, the guard, locks the tables of the new release before the swap and after it:

1. Queries that come after the swap find the new tables, and wait at the guard.
2. A query that found its first table before the swap waits there too, with a lock on the old release. Such a
   one is seen in `pg_locks`. Then the names are changed back, the guard lets go, the query finds the old
   table after all, since PostgreSQL looks names up again after waiting, and the swap is tried again.
3. Where there is none, once everybody who has a lock on the old release has either let go of it or kept it
   for `SETTLED_SECONDS`, which no search for tables takes, the guard lets go, and whoever waited goes on.

Before, the swap waits until every snapshot that is older than the release has gone, `STALE_SECONDS` at most:
a query that took one, and looks names up after it, would find new tables and no row in them. Who keeps a
snapshot for longer, by a transaction that is REPEATABLE READ or SERIALIZABLE, reads them as empty.

A reader thus waits for `SETTLED_SECONDS` and a little, at most; some milliseconds where nobody is in a long
query or idle in a transaction. A machine that is gone without a word, power or network and all, leaves its
guard standing: the server itself ends one that has said nothing for `GUARD_TIMEOUT`.
"""

from __future__ import annotations

import time

from adbc_driver_manager import dbapi

from metabase.postgres.connection import Connection, rows, run
from metabase.sql import literal, quoted

ATTEMPTS = 6
SETTLED_SECONDS = 0.1
STALE_SECONDS = 1.0
LOCK_TIMEOUT = "200ms"
GUARD_TIMEOUT = "5s"
# Cancelled, no lock within the time-out, deadlock.
GAVE_UP_WAITING = frozenset({"57014", "55P03", "40P01"})
_FIRST_BACK_OFF_SECONDS = 0.05
_POLL_SECONDS = 0.005


def swap(connection: Connection, guard: Connection, *, shown: str, old: str | None, new: str) -> None:
    """Give the schema `shown` the name `old`, and `new` the name `shown`; with `old` null there is none yet.

    Both connections are idle. The last of `ATTEMPTS` swaps without the guard. Raises the driver's error where
    another session keeps renaming these schemas.
    """
    wait = _FIRST_BACK_OFF_SECONDS
    for attempt in range(1, ATTEMPTS + 1):
        is_last = attempt == ATTEMPTS
        try:
            _let_snapshots_pass(connection, new)
            if old and not is_last:
                keep_back(guard, new)
            _rename(connection, shown, old, new)
            if not old or is_last or _all_see_one(connection, old, shown):
                return
            _rename(connection, shown, new, old)
        except dbapi.Error as error:
            if error.sqlstate not in GAVE_UP_WAITING or is_last:
                raise
            connection.rollback()
        finally:
            guard.rollback()
        time.sleep(wait)
        wait *= 2


def _rename(connection: Connection, shown: str, old: str | None, new: str) -> None:
    run(connection, f"set local lock_timeout = {literal(LOCK_TIMEOUT)}")
    if old:
        run(connection, f"alter schema {quoted(shown)} rename to {quoted(old)}")
    run(connection, f"alter schema {quoted(new)} rename to {quoted(shown)}")
    connection.commit()


def _let_snapshots_pass(connection: Connection, new: str) -> None:
    until = time.monotonic() + STALE_SECONDS
    while rows(connection, _STALE, (new,)) and time.monotonic() < until:
        connection.commit()
        time.sleep(_POLL_SECONDS)
    connection.commit()


def keep_back(guard: Connection, schema: str) -> None:
    """Lock every table of a release that nobody reads yet."""
    tables = rows(
        guard,
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = $1 order by 1",
        (schema,),
    )
    run(guard, f"set local lock_timeout = {literal(LOCK_TIMEOUT)}")
    run(guard, f"set local idle_in_transaction_session_timeout = {literal(GUARD_TIMEOUT)}")
    if tables:
        run(guard, f"lock table {', '.join(str(name) for (name,) in tables)} in access exclusive mode")


def _all_see_one(connection: Connection, old: str, shown: str) -> bool:
    """Whether every query that the swap caught sees one release; false as soon as one would see both."""
    settled_at = time.monotonic() + SETTLED_SECONDS
    while True:
        [(in_old, in_both)] = rows(connection, _CAUGHT, (old, shown))
        connection.commit()
        if in_both:
            return False
        if not in_old or time.monotonic() >= settled_at:
            return True
        time.sleep(_POLL_SECONDS)


# Sessions with a snapshot that may not know the rows of a schema, by the transaction that last made it.
_STALE = """
    select pid from pg_stat_activity, pg_namespace
    where nspname = $1 and datname = current_database() and pid <> pg_backend_pid()
    and age(backend_xmin) >= age(pg_namespace.xmin)
"""
# How many sessions hold a table of the old release, and how many of these wait for one of the new.
_CAUGHT = """
    with
    locks as (
        select pid, relnamespace, granted
        from pg_locks join pg_class on pg_class.oid = pg_locks.relation
        where database = (select oid from pg_database where datname = current_database())
    ),
    holders as (select distinct pid from locks where relnamespace = to_regnamespace($1) and granted),
    waiting as (select distinct pid from locks where relnamespace = to_regnamespace($2) and not granted)
    select count(holders.pid), count(waiting.pid) from holders left join waiting using (pid)
"""
