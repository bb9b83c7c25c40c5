"""The small warehouse, served from a PostgreSQL database of its own; and who asks it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from adbc_driver_postgresql.dbapi import Connection, connect

from metabase.contracts import Project, read_project
from metabase.postgres.target import PostgresTarget
from metabase.serving import Serving
from tests.metabase.small_warehouse import Warehouse
from tests.postgres_server import PostgresServer


@dataclass(frozen=True)
class Served:
    """A warehouse whose settings name `url`. `reader_url` logs in as the role that may only read."""

    warehouse: Warehouse
    url: str
    reader_url: str

    @property
    def target(self) -> PostgresTarget:
        settings = self.warehouse.settings
        assert settings.postgres is not None
        return PostgresTarget(settings.postgres, settings.reader_role, self.folder)

    @property
    def folder(self) -> Serving:
        return Serving(self.warehouse.serving)

    @property
    def project(self) -> Project:
        return read_project(self.warehouse.manifest)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """What a reader sees, on a connection of its own."""
        with connect(self.reader_url, autocommit=True) as connection:
            return ask(connection, query)

    def know(self, query: str) -> list[tuple[Any, ...]]:
        """What the owner of the database sees."""
        with connect(self.url, autocommit=True) as connection:
            return ask(connection, query)


def ask(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """Rows of one query, or nothing of a statement that gives none."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


def new_database(server: PostgresServer) -> tuple[str, str, str]:
    """Its URL, a reader's, and the name of that reader, who can log in and owns nothing."""
    name, reader, password = f"t{secrets.token_hex(4)}", f"r{secrets.token_hex(4)}", secrets.token_hex(8)
    with connect(server.url, autocommit=True) as connection:
        ask(connection, f"create database {name}")
        ask(connection, f"create role {reader} login password '{password}'")
        ask(connection, f"alter role {reader} set default_transaction_read_only = on")
    return server.url_of(name), server.url_of(name, user=reader, password=password), reader
