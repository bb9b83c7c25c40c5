"""Where Metabase is, who asks, and which connection it reads: from the environment, never from arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from ingest.errors import SettingsError

_POSTGRES_PORT = 5432


@dataclass(frozen=True)
class PostgresConnection:
    """What Metabase's own PostgreSQL driver connects with: the read-only role, and one schema's tables."""

    host: str
    port: int
    dbname: str
    user: str
    password: str = field(repr=False)
    schema: str
    ssl: bool
    engine: Literal["postgres"] = "postgres"


@dataclass(frozen=True)
class DuckdbConnection:
    """What Metabase's DuckDB driver opens, always read-only when it is a file. `init_sql` null: none."""

    database_file: str
    init_sql: str | None
    engine: Literal["duckdb"] = "duckdb"


Connection = PostgresConnection | DuckdbConnection


@dataclass(frozen=True)
class MetabaseSettings:
    """One Metabase and the person or key that asks it.

    `user` is an e-mail address. `api_key` null: `user` and `password` open a session. `connection` null: a
    connection of the name `database` is there already and is used as it stands.
    """

    url: str
    api_key: str | None = field(repr=False)
    user: str | None
    password: str | None = field(repr=False)
    site_name: str
    database: str
    connection: Connection | None


def read_metabase_settings(environ: Mapping[str, str]) -> MetabaseSettings:
    """Read the settings of docs/provisioning.md from `environ`.

    Raises SettingsError, naming the variable and never its value when it is secret.
    """
    api_key, user, password = (
        environ.get(name) or None for name in ("METABASE_API_KEY", "METABASE_USER", "METABASE_PASSWORD")
    )
    if api_key and not (api_key.isascii() and api_key.isprintable() and " " not in api_key):
        raise SettingsError("METABASE_API_KEY holds a character that no key has; copy the key again.")
    if bool(user) != bool(password):
        missing = "METABASE_PASSWORD" if user else "METABASE_USER"
        raise SettingsError(f"{missing} is not set; METABASE_USER and METABASE_PASSWORD are set together.")
    if not api_key and not user:
        raise SettingsError(
            "METABASE_API_KEY is not set; give a key of the group Administrators, or METABASE_USER and "
            "METABASE_PASSWORD of an administrator."
        )
    return MetabaseSettings(
        url=_url(environ),
        api_key=api_key,
        user=user,
        password=password,
        site_name=environ.get("METABASE_SITE_NAME") or "Tracehouse",
        database=environ.get("METABASE_DATABASE") or "Tracehouse",
        connection=_connection(environ),
    )


def _url(environ: Mapping[str, str]) -> str:
    url = environ.get("METABASE_URL")
    if not url:
        raise SettingsError(
            "METABASE_URL is not set; give Metabase's address, such as http://localhost:3000."
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SettingsError("METABASE_URL is no URL; give one such as http://localhost:3000.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise SettingsError("METABASE_URL must start with http:// or https:// and name a host.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(
            "METABASE_URL holds a user name, a query or a fragment; give the bare address, and the login in "
            "METABASE_USER and METABASE_PASSWORD."
        )
    if not url.isascii() or any(character.isspace() for character in url):
        raise SettingsError("METABASE_URL holds a space or a character that no URL may have.")
    return url.rstrip("/")


def _connection(environ: Mapping[str, str]) -> Connection | None:
    engine = environ.get("METABASE_DB_ENGINE")
    match engine:
        case None | "":
            return None
        case "postgres":
            return PostgresConnection(
                host=_needed(environ, "METABASE_DB_HOST", "the server's name as Metabase reaches it"),
                port=_port(environ),
                dbname=_needed(environ, "METABASE_DB_DBNAME", "the database that the marts are published to"),
                user=_needed(environ, "METABASE_DB_USER", "the read-only role"),
                password=_needed(environ, "METABASE_DB_PASSWORD", "the read-only role's password"),
                schema=environ.get("METABASE_DB_SCHEMA") or "marts",
                ssl=_yes(environ, "METABASE_DB_SSL"),
            )
        case "duckdb":
            return DuckdbConnection(
                database_file=_needed(environ, "METABASE_DB_FILE", "serving/tracehouse.duckdb, or :memory:"),
                init_sql=environ.get("METABASE_DB_INIT_SQL") or None,
            )
        case _:
            raise SettingsError(f"METABASE_DB_ENGINE is {engine!r}; give postgres or duckdb.")


def _needed(environ: Mapping[str, str], name: str, what: str) -> str:
    value = environ.get(name)
    if not value:
        raise SettingsError(f"{name} is not set, and METABASE_DB_ENGINE asks for it; give {what}.")
    return value


def _port(environ: Mapping[str, str]) -> int:
    value = environ.get("METABASE_DB_PORT") or str(_POSTGRES_PORT)
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65535):
        raise SettingsError(f"METABASE_DB_PORT is {value!r}; give a port, 1 to 65535.")
    return int(value)


def _yes(environ: Mapping[str, str], name: str) -> bool:
    value = (environ.get(name) or "no").lower()
    if value not in ("yes", "no"):
        raise SettingsError(f"{name} is {value!r}; give yes or no.")
    return value == "yes"
