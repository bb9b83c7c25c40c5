"""A small warehouse for each test of the gate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import lake
from ingest.postgres_url import PostgresUrl
from ingest.settings import read_settings
from metabase.tables import ensure_release_tables
from tests.metabase.served import Served, new_database
from tests.metabase.small_warehouse import (
    CALLS_DAILY_SPEC,
    STANDARD_PARENTS,
    Warehouse,
    build_marts,
    standard_nodes,
    write_manifest,
)
from tests.postgres_server import PostgresServer


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    """A lake with good marts, never released."""
    settings = read_settings({"TRACEHOUSE_HOME": str(tmp_path / "home")})
    specs = tmp_path / "expectations"
    specs.mkdir()
    (specs / "calls_daily.yml").write_text(CALLS_DAILY_SPEC)
    manifest = write_manifest(tmp_path / "manifest.json", standard_nodes(), STANDARD_PARENTS)
    with lake.connect(settings) as connection:
        lake.ensure_bronze(connection)
        ensure_release_tables(connection)
        build_marts(connection)
        yield Warehouse(settings, connection, manifest, specs)


@pytest.fixture
def served(warehouse: Warehouse, postgres: PostgresServer) -> Served:
    """The same warehouse with a PostgreSQL database that nothing was released to yet."""
    url, reader_url, reader = new_database(postgres)
    settings = replace(warehouse.settings, postgres=PostgresUrl(url), reader_role=reader)
    return Served(replace(warehouse, settings=settings), url, reader_url)
