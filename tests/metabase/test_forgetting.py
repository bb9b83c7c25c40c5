"""Readers see nobody who was erased, in no release; and of everybody else what they saw."""

from __future__ import annotations

from pathlib import Path

from ingest.redaction import KEEP_ALL
from ingest.subjects import Names, names_of
from metabase.contracts import read_project
from metabase.forgetting import release_without
from metabase.publication import Publication
from metabase.serving import Serving
from tests.metabase.small_warehouse import NOW, Warehouse
from tests.metabase.test_release import add_calls, publish


def forget(warehouse: Warehouse, names: Names) -> Publication | None:
    project = read_project(warehouse.manifest)
    return release_without(warehouse.connection, warehouse.settings, project, names, now=NOW)


def inode(warehouse: Warehouse, release: str | None, mart: str) -> int:
    target = Serving(warehouse.serving)
    assert release is not None
    return (target.release(release) / f"{mart}.parquet").stat().st_ino


def test_releases_that_show_somebody_go_and_the_rest_is_linked(warehouse: Warehouse) -> None:
    clean = publish(warehouse).publication_id
    add_calls(warehouse, "ada-7")
    shown = publish(warehouse).publication_id
    warehouse.connection.execute(
        "create or replace table lake.marts.tenants as "
        "select * from lake.marts.tenants where tenant_id <> 'ada-7'"
    )
    current = publish(warehouse).publication_id
    tenants = inode(warehouse, current, "tenants")
    made = forget(warehouse, names_of("ada-7", "ada-7", KEEP_ALL, until=None))
    assert made is not None
    target = Serving(warehouse.serving)
    assert target.kept() == [clean, made.publication_id]
    assert shown not in target.kept()
    assert target.current() == made.publication_id
    assert warehouse.read("select distinct tenant_id from marts.calls_daily order by 1") == [
        ("acme",),
        ("zeta",),
    ]
    # Two tenants for ten days; the mart without the name is the same file.
    assert {mart.mart: mart.row_count for mart in made.marts} == {"calls_daily": 20, "tenants": 2}
    assert inode(warehouse, made.publication_id, "tenants") == tenants


def test_nothing_is_published_where_readers_see_nobody(warehouse: Warehouse) -> None:
    first = publish(warehouse).publication_id
    assert forget(warehouse, names_of("acme", "nobody-7", KEEP_ALL, until=None)) is None
    assert Serving(Path(warehouse.settings.serving)).kept() == [first]


def test_a_lake_that_was_never_released_has_nothing_to_forget(warehouse: Warehouse) -> None:
    assert forget(warehouse, names_of("acme", "acme", KEEP_ALL, until=None)) is None
