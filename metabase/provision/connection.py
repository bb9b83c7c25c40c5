"""The connection in Metabase through which the marts are read, and the columns that it knows.

The keys of `details` are those of the drivers' own forms. Sources: Metabase,
src/metabase/driver/common.clj and modules of the PostgreSQL driver; motherduckdb/metabase_duckdb_driver,
resources/metabase-plugin.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.errors import SettingsError
from metabase.content.model import Field
from metabase.provision.client import Client
from metabase.provision.compare import Change, changes
from metabase.provision.errors import BadContentError, NotOursError, StoredWronglyError
from metabase.provision.identity import DATABASE_MARKER
from metabase.provision.seen import Stored
from metabase.provision.settings import Connection, MetabaseSettings, PostgresConnection
from metabase.provision.survey import known_fields

# Seconds between two looks at what a sync has found, and how many looks.
_PERIOD = 2.0
_LOOKS = 90
# Never shown: either may hold a secret.
_HIDDEN = frozenset(["password", "init_sql"])


def details(connection: Connection) -> dict[str, Any]:
    """What the driver connects with, passwords included."""
    if isinstance(connection, PostgresConnection):
        return {
            "host": connection.host,
            "port": connection.port,
            "dbname": connection.dbname,
            "user": connection.user,
            "password": connection.password,
            "ssl": connection.ssl,
            "tunnel-enabled": False,
            "schema-filters-type": "inclusion",
            "schema-filters-patterns": connection.schema,
        }
    return {
        "database_file": connection.database_file,
        "read_only": connection.database_file != ":memory:",
        "old_implicit_casting": False,
        **({"init_sql": connection.init_sql} if connection.init_sql else {}),
    }


def check_connection(stored: Stored | None, settings: MetabaseSettings) -> None:
    """Raise when there is no connection to use, or when one stands there that is not managed.

    One without any description whose details are those of the settings is ours: an apply that was stopped
    just after it had made it.
    """
    if stored is None and settings.connection is None:
        raise SettingsError(
            f"METABASE_DATABASE is {settings.database!r}, and Metabase has no connection of that name; set "
            "METABASE_DB_ENGINE and what goes with it to have one made, or name one that is there."
        )
    if stored is None or settings.connection is None:
        return
    unfinished = not stored.get("description") and not _differences(stored, settings.connection)
    if DATABASE_MARKER not in (stored.get("description") or "") and not unfinished:
        raise NotOursError(
            f"Metabase has a connection {settings.database!r} that is not managed by Tracehouse; unset "
            "METABASE_DB_ENGINE to use it as it stands, or give METABASE_DATABASE another name."
        )


def connection_changes(stored: Stored, connection: Connection, *, rewrite: bool = False) -> list[Change]:
    """What apply would change. A server tells no password, so it is compared with nothing: see `rewrite`.

    `rewrite`: write the connection again, whatever is there.
    """
    found = _differences(stored, connection)
    if rewrite:
        found.append(Change(("details", "password"), "(not shown)", "(not shown)"))
    if DATABASE_MARKER not in (stored.get("description") or ""):
        found.append(Change(("description",), stored.get("description"), DATABASE_MARKER))
    return found


def create_connection(client: Client, settings: MetabaseSettings, connection: Connection) -> Stored:
    """Make it, mark it as managed, and read it back. Metabase tries to connect before it says yes."""
    body = {"name": settings.database, "engine": connection.engine, "details": details(connection)}
    made = client.post("/api/database", body)
    client.put(f"/api/database/{made['id']}", {"description": DATABASE_MARKER})
    return _read_back(client, int(made["id"]), connection)


def update_connection(client: Client, stored: Stored, connection: Connection) -> Stored:
    """Write engine and details again, the password included, and read them back."""
    there = stored.get("details") or {}
    meant = {key: value for key, value in details(connection).items() if not _is_safer(key, there.get(key))}
    body = {
        "engine": connection.engine,
        "details": {**there, **meant},
        "description": DATABASE_MARKER,
    }
    client.put(f"/api/database/{stored['id']}", body)
    return _read_back(client, int(stored["id"]), connection)


def missing_fields(known: Mapping[Field, int], needed: Mapping[Field, str]) -> dict[Field, str]:
    """The columns that Metabase does not know yet, each with a file that names it."""
    return {column: place for column, place in needed.items() if column not in known}


def sync(client: Client, database: int, needed: Mapping[Field, str]) -> dict[Field, int]:
    """Have Metabase read the schema, and wait until it knows every column that is needed.

    Raises BadContentError, naming columns and files, when it does not find them in three minutes.
    """
    client.post(f"/api/database/{database}/sync_schema")
    for _ in range(_LOOKS):
        known = known_fields(client, database)
        if not missing_fields(known, needed):
            return known
        client.pause(_PERIOD)
    missing = missing_fields(known_fields(client, database), needed)
    told = "; ".join(f"{'.'.join(column)} of {place}" for column, place in missing.items())
    raise BadContentError(
        f"Metabase's sync found no column {told}. Check that a release with it is published, and that the "
        "connection's role may read it."
    )


def _differences(stored: Stored, connection: Connection) -> list[Change]:
    there = stored.get("details") or {}
    meant = details(connection)
    found = changes({"engine": stored.get("engine")}, {"engine": connection.engine})
    for key in meant.keys() - {"password"}:
        if _is_safer(key, there.get(key)):
            continue
        found += [
            Change(("details", key), "(not shown)", "(not shown)") if key in _HIDDEN else change
            for change in changes(there.get(key), meant[key], ("details", key))
        ]
    return sorted(found, key=lambda change: change.path)


def _is_safer(key: str, there: Any) -> bool:
    """Whether a detail may stay as it is, whatever is meant.

    Metabase makes a new connection with SSL wherever the server offers it. Source: its
    src/metabase/warehouses_rest/api.clj, test-connection-details.
    """
    return key == "ssl" and there is True


def _read_back(client: Client, database: int, connection: Connection) -> Stored:
    stored = dict(client.get(f"/api/database/{database}"))
    wrong = connection_changes(stored, connection)
    if wrong:
        raise StoredWronglyError(
            f"The connection {stored.get('name')!r} was accepted and stored otherwise than meant, in "
            f"{', '.join(change.name for change in wrong)}."
        )
    return stored
