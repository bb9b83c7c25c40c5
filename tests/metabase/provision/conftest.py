"""A stand-in for Metabase that reads a real PostgreSQL, and people who provision it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import adbc_driver_postgresql.dbapi as postgresql
import pytest
import yaml

from metabase.content.model import Content
from metabase.provision.apply import apply, plan
from metabase.provision.client import Client
from metabase.provision.plan import Plan
from metabase.provision.settings import read_metabase_settings
from metabase.sql import quoted
from metabase.tables import GATE_RESULTS, PUBLICATIONS
from tests.conftest import ROOT
from tests.metabase.provision.standin import StandIn, standing_in
from tests.postgres_server import PostgresServer

_MARTS = """
create schema marts;
create table marts.publications (
    publication_id text, published_at timestamp, mart text, row_count bigint, state text
);
insert into marts.publications values
    ('r00000001', '2026-01-01 06:00:00', 'slo_daily', 5, 'published'),
    ('r00000001', '2026-01-01 06:00:00', 'token_usage_daily', 70, 'published'),
    ('r00000002', '2026-01-02 06:00:00', 'slo_daily', 6, 'published'),
    ('r00000002', '2026-01-02 06:00:00', 'token_usage_daily', 70, 'held');
create schema private;
create table private.people (name text);
grant usage on schema marts to metabase_reader;
grant select on all tables in schema marts to metabase_reader;
"""


_TYPES = {"double": "double precision", "varchar": "text"}


@dataclass
class Provisioning:
    """Someone who plans and applies against one server, and hears every line. No wait lasts."""

    environ: Mapping[str, str]
    lines: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def plan(self, content: Content, **choices: bool) -> Plan:
        with self._client() as client:
            return plan(client, content, read_metabase_settings(self.environ), **choices)

    def apply(self, content: Content, **choices: bool) -> Plan:
        with self._client() as client:
            return apply(client, content, read_metabase_settings(self.environ), self.lines.append, **choices)

    def _client(self) -> _Closing:
        settings = read_metabase_settings(self.environ)
        return _Closing(Client(settings.url, pause=self.waited.append))


@dataclass
class _Closing:
    client: Client

    def __enter__(self) -> Client:
        return self.client

    def __exit__(self, *_: Any) -> None:
        self.client.close()


@pytest.fixture(scope="session")
def reader(postgres: PostgresServer) -> str:
    """The password of the role `metabase_reader`."""
    password = secrets.token_hex(16)
    _run(postgres.url, f"create role metabase_reader login password '{password}'")
    return password


@pytest.fixture(scope="session")
def serving(postgres: PostgresServer, reader: str) -> dict[str, str]:
    """A serving database with one table of releases, as the settings of the connection to it."""
    return _serving(postgres, reader, "provision", _MARTS.split(";")[:-1])


@pytest.fixture(scope="session")
def empty_serving(postgres: PostgresServer, reader: str) -> dict[str, str]:
    """A serving database with every published mart as its contract says, and no row in it."""
    statements = ["create schema marts", *tables_of_contracts(), *_MARTS.split(";")[-3:-1]]
    return _serving(postgres, reader, "provision_empty", statements)


def _serving(postgres: PostgresServer, password: str, database: str, statements: list[str]) -> dict[str, str]:
    _run(postgres.url, f"create database {database}")
    for statement in statements:
        _run(postgres.url_of(database), statement)
    return {
        "METABASE_DB_ENGINE": "postgres",
        "METABASE_DB_HOST": "127.0.0.1",
        "METABASE_DB_PORT": str(postgres.port),
        "METABASE_DB_DBNAME": database,
        "METABASE_DB_USER": "metabase_reader",
        "METABASE_DB_PASSWORD": password,
    }


def tables_of_contracts() -> Iterator[str]:
    """A `create table` for each mart in dbt's files, and for the two tables that a release writes itself."""
    tables = {"publications": PUBLICATIONS, "gate_results": GATE_RESULTS}
    for file in sorted((ROOT / "dbt_project" / "models" / "marts").rglob("*.yml")):
        for model in yaml.safe_load(file.read_text()).get("models", []):
            tables[model["name"]] = {found["name"]: found["data_type"] for found in model["columns"]}
    for table, columns in tables.items():
        listed = ", ".join(
            f"{quoted(name)} {_TYPES.get(kind.lower(), kind)}" for name, kind in columns.items()
        )
        yield f"create table marts.{quoted(table)} ({listed})"


def _run(url: str, statement: str) -> None:
    with postgresql.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """A server that nobody has an account on."""
    with standing_in() as server:
        yield server


@pytest.fixture
def environ(standin: StandIn, serving: dict[str, str]) -> dict[str, str]:
    """The settings that provision the stand-in."""
    return {
        "METABASE_URL": standin.url,
        "METABASE_USER": "first@tracehouse.example",
        "METABASE_PASSWORD": f'pass word "{secrets.token_hex(8)}"',
        **serving,
    }


@pytest.fixture
def someone(environ: dict[str, str]) -> Provisioning:
    """Someone who provisions the stand-in."""
    return Provisioning(environ)


@pytest.fixture
def applied(someone: Provisioning, standin: StandIn) -> Provisioning:
    """The same, after a first apply of everything; the record of writes starts after it."""
    from tests.metabase.provision.releases import content

    someone.apply(content())
    standin.writes.clear()
    standin.requests.clear()
    return someone
